// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Struct;
import java.io.ByteArrayOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/**
 * A document as Redis keeps it: ordinal (3 bytes), stamp (7), version (8), digest of its fields
 * (8), whether the fields are deflated (1), the fields. Ordinal and stamp are those of the script
 * that put it.
 *
 * @param stamp of the put, empty for a document that is not there
 */
record StoredDocument(byte[] stamp, long version, byte[] digest, Struct fields) {
  static final StoredDocument NONE =
      new StoredDocument(Bytes.NONE, 0, Bytes.NONE, Struct.getDefaultInstance());

  private static final int HEAD = 3 + 7;
  private static final int DEFLATED_FROM = 256;

  /** Reads what Redis has; empty for no document. */
  static StoredDocument read(byte[] stored) {
    if (stored.length == 0) {
      return NONE;
    }
    byte[] content = Arrays.copyOfRange(stored, HEAD + 17, stored.length);
    try {
      return new StoredDocument(
          Arrays.copyOfRange(stored, 3, HEAD),
          Bytes.read(stored, HEAD, 8),
          Arrays.copyOfRange(stored, HEAD + 8, HEAD + 16),
          Struct.parseFrom(stored[HEAD + 16] == 1 ? inflate(content) : content));
    } catch (InvalidProtocolBufferException | DataFormatException e) {
      throw new IllegalStateException("a stored document cannot be read", e);
    }
  }

  /** How many bytes the fields of what Redis has take. */
  static long size(byte[] stored) {
    return stored.length < HEAD + 21
        ? 0
        : stored[HEAD + 16] == 1 ? Bytes.read(stored, HEAD + 17, 4) : stored.length;
  }

  boolean exists() {
    return stamp.length > 0;
  }

  boolean hasDigest(byte[] other) {
    return Arrays.equals(digest, other);
  }

  /** What a script stores behind ordinal and stamp. */
  static byte[] write(long version, byte[] digest, Struct fields) {
    byte[] content = fields.toByteArray();
    byte[] deflated = content.length < DEFLATED_FROM ? content : deflate(content);
    boolean smaller = deflated.length < content.length;
    return Bytes.join(
        Bytes.write(version, 8),
        digest,
        new byte[] {(byte) (smaller ? 1 : 0)},
        smaller ? deflated : content);
  }

  /** The same for the same fields, whatever their order. */
  static byte[] digest(Struct fields) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      fields.getFieldsMap().entrySet().stream()
          .sorted(java.util.Map.Entry.comparingByKey())
          .forEach(
              field -> {
                byte[] name = Bytes.utf8(field.getKey());
                byte[] value = field.getValue().toByteArray();
                digest.update(Bytes.write(name.length, 4));
                digest.update(name);
                digest.update(Bytes.write(value.length, 4));
                digest.update(value);
              });
      return Arrays.copyOf(digest.digest(), 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JVM has no SHA-256", e);
    }
  }

  private static byte[] deflate(byte[] content) {
    Deflater deflater = new Deflater(Deflater.BEST_SPEED, true);
    try {
      deflater.setInput(content);
      deflater.finish();
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      out.writeBytes(Bytes.write(content.length, 4));
      byte[] part = new byte[4096];
      while (!deflater.finished()) {
        out.write(part, 0, deflater.deflate(part));
      }
      return out.toByteArray();
    } finally {
      deflater.end();
    }
  }

  private static byte[] inflate(byte[] deflated) throws DataFormatException {
    Inflater inflater = new Inflater(true);
    try {
      inflater.setInput(deflated, 4, deflated.length - 4);
      byte[] content = new byte[(int) Bytes.read(deflated, 0, 4)];
      int size = 0;
      while (size < content.length) {
        int more = inflater.inflate(content, size, content.length - size);
        if (more == 0) {
          throw new DataFormatException("too short");
        }
        size += more;
      }
      return content;
    } finally {
      inflater.end();
    }
  }
}
