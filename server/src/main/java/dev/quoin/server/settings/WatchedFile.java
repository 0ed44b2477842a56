// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.settings;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.logging.Logger;

/**
 * What a file says. It is read again when it changes; one that cannot be read, or says nothing that
 * can be used, leaves things as they were.
 *
 * @param <T> what it says
 */
public final class WatchedFile<T> {
  private static final Logger LOG = Logger.getLogger(WatchedFile.class.getName());

  private final String setting;
  private final Path file;
  private final Parser<T> parser;
  private byte[] seen;
  private volatile T value;

  /** Reads a text; throws {@link BadSettings} that says what is wrong with it. */
  public interface Parser<T> {
    T parse(String text);
  }

  /**
   * @param setting that names the file
   * @throws BadSettings when it cannot be used
   */
  public WatchedFile(String setting, Path file, Parser<T> parser) {
    this.setting = setting;
    this.file = file;
    this.parser = parser;
    try {
      seen = Files.readAllBytes(file);
    } catch (IOException e) {
      throw new BadSettings(setting + ": cannot read " + file);
    }
    value = parse(seen);
  }

  /** What it says now. */
  public T get() {
    return value;
  }

  /** Reads it if it has changed; returns whether there is something new. */
  public boolean look() {
    try {
      byte[] now = Files.readAllBytes(file);
      if (Arrays.equals(now, seen)) {
        return false;
      }
      // Said once for each change, whether it can be used or not.
      seen = now;
      value = parse(now);
      LOG.info("read the changed file " + file);
      return true;
    } catch (IOException | BadSettings e) {
      String reason = e instanceof IOException ? "cannot be read" : e.getMessage();
      if (seen.length > 0 || e instanceof BadSettings) {
        LOG.warning("keeping what " + file + " said before: " + reason);
      }
      seen = e instanceof IOException ? new byte[0] : seen;
      return false;
    }
  }

  private T parse(byte[] bytes) {
    try {
      return parser.parse(new String(bytes, java.nio.charset.StandardCharsets.UTF_8));
    } catch (BadSettings e) {
      throw new BadSettings(setting + ": " + file + ": " + e.getMessage());
    }
  }
}
