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
 * the bytes come, and ends such a call with UNKNOWN.
 */
public final class Gzip implements Decompressor {
  private Gzip() {}

  /** What the server understands, and offers. */
  public static DecompressorRegistry registry() {
    return DecompressorRegistry.emptyInstance()
        .with(new Gzip(), true)
        .with(Codec.Identity.NONE, false);
  }

  @Override
  public String getMessageEncoding() {
    return "gzip";
  }

  @Override
  public InputStream decompress(InputStream compressed) {
    return new Late(compressed);
  }

  private static final class Late extends InputStream {
    private final InputStream compressed;
    private InputStream opened;

    Late(InputStream compressed) {
      this.compressed = compressed;
    }

    @Override
    public int read() throws IOException {
      return open().read();
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      return open().read(bytes, offset, length);
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
