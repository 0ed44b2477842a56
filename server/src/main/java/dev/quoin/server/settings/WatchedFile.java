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
  private byte[] changed;
  private boolean isReadable = true;
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

  /**
   * Reads it if it has changed and is no longer being written: if it was the same the last time,
   * too. Returns whether there is something new.
   */
  public boolean look() {
    byte[] now;
    try {
      now = Files.readAllBytes(file);
    } catch (IOException e) {
      if (isReadable) {
        LOG.warning("keeping what " + file + " said before: it cannot be read");
      }
      isReadable = false;
      changed = null;
      return false;
    }
    isReadable = true;
    if (Arrays.equals(now, seen) || !Arrays.equals(now, changed)) {
      changed = now;
      return false;
    }
    // Said once for each change, whether it can be used or not.
    seen = now;
    try {
      value = parse(now);
    } catch (BadSettings e) {
      LOG.warning("keeping what " + file + " said before: " + e.getMessage());
      return false;
    }
    LOG.info("read the changed file " + file);
    return true;
  }

  private T parse(byte[] bytes) {
    try {
      return parser.parse(new String(bytes, java.nio.charset.StandardCharsets.UTF_8));
    } catch (BadSettings e) {
      throw new BadSettings(setting + ": " + file + ": " + e.getMessage());
    }
  }
}
