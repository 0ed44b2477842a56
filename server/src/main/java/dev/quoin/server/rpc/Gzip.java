// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import io.grpc.Codec;
import io.grpc.Decompressor;
import io.grpc.DecompressorRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.GZIPInputStream;

/**
 * Gzip whose faults show when the request is read, not before: where they show, a call with broken
 * bytes is answered like one with bytes that are no message. What gRPC brings reads the header when
 * the bytes come, and ends such a call with UNKNOWN. Unpacks no more than a request may have, and
 * one byte, by which its reader sees that it is too large.
 */
public final class Gzip implements Decompressor {
  private final long most;

  private Gzip(long most) {
    this.most = most;
  }

  /**
   * What the server understands, and offers.
   *
   * @param mostRequestBytes bytes a request may have
   */
  public static DecompressorRegistry registry(int mostRequestBytes) {
    return DecompressorRegistry.emptyInstance()
        .with(new Gzip(mostRequestBytes + 1L), true)
        .with(Codec.Identity.NONE, false);
  }

  @Override
  public String getMessageEncoding() {
    return "gzip";
  }

  @Override
  public InputStream decompress(InputStream compressed) {
    return new Late(compressed, most);
  }

  private static final class Late extends InputStream {
    private final InputStream compressed;
    private InputStream opened;
    private long left;

    Late(InputStream compressed, long most) {
      this.compressed = compressed;
      this.left = most;
    }

    @Override
    public int read() throws IOException {
      int read = left == 0 ? -1 : open().read();
      left -= read < 0 ? 0 : 1;
      return read;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      if (left == 0 && length > 0) {
        return -1;
      }
      int read = open().read(bytes, offset, (int) Math.min(length, left));
      left -= Math.max(0, read);
      return read;
    }

    @Override
    public void close() throws IOException {
      compressed.close();
    }

    private InputStream open() throws IOException {
      if (opened == null) {
        opened = new GZIPInputStream(compressed);
      }
      return opened;
    }
  }
}
