// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.door;

import dev.quoin.server.rpc.ControlFrames;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandler;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Looks at what the decoder of HTTP/1 has read. Closes the connection of a request that does not
 * arrive in time, refuses one that does not say whom it asks, and hands over to {@link
 * ControlFrames} when the connection is upgraded to HTTP/2.
 */
final class Http1Requests extends ChannelInboundHandlerAdapter {
  /** A call whose body is late is answered before its connection is closed. */
  private static final Duration ANSWER = Duration.ofSeconds(1);

  private static final List<String> CHUNKED = List.of("chunked");

  /** Why a request is refused. */
  static final class Malformed extends RuntimeException {
    private static final long serialVersionUID = 1;

    Malformed(String text) {
      super(text, null, false, false);
    }
  }

  private final ControlFrames.Limits limits;
  private final ChannelInboundHandler bytes = bytesHandler();
  private Future<?> alarm;

  Http1Requests(ControlFrames.Limits limits) {
    this.limits = limits;
  }

  /** Stands before the decoder, where it can be seen that a request begins. */
  ChannelInboundHandler bytes() {
    return bytes;
  }

  private ChannelInboundHandler bytesHandler() {
    return new ChannelInboundHandlerAdapter() {
      @Override
      public void channelRead(ChannelHandlerContext context, Object part) {
        if (alarm == null) {
          await(context, limits.arrival());
        }
        context.fireChannelRead(part);
      }
    };
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (message instanceof ByteBuf) {
      stopWaiting();
      context.pipeline().remove(bytes);
      context.pipeline().addAfter(context.name(), null, new ControlFrames(limits, 0));
      context.fireChannelRead(message);
      context.pipeline().remove(this);
      return;
    }
    if (message instanceof HttpRequest request) {
      check(context, request);
      await(context, limits.arrival().plus(ANSWER));
    }
    if (message instanceof LastHttpContent) {
      stopWaiting();
    }
    context.fireChannelRead(message);
  }

  /** Armeria would take any one Host, and give its own name to a request that has none. */
  private static void check(ChannelHandlerContext context, HttpRequest request) {
    if (!request.decoderResult().isSuccess()) {
      return;
    }
    List<String> encodings = request.headers().getAll(HttpHeaderNames.TRANSFER_ENCODING);
    if (!encodings.isEmpty() && !CHUNKED.equals(encodings)) {
      refuse(request, "the only Transfer-Encoding that is taken is chunked");
      return;
    }
    List<String> hosts = request.headers().getAll(HttpHeaderNames.HOST);
    if (hosts.size() > 1) {
      refuse(request, "there is more than one header Host");
    } else if (hosts.isEmpty() && request.protocolVersion().compareTo(HttpVersion.HTTP_1_1) < 0) {
      // No browser sends this: it asks for the address that it has connected to.
      InetSocketAddress own = (InetSocketAddress) context.channel().localAddress();
      String address = own.getAddress().getHostAddress();
      String host = address.contains(":") ? "[" + address + "]" : address;
      request.headers().set(HttpHeaderNames.HOST, host + ":" + own.getPort());
    } else if (hosts.isEmpty()) {
      refuse(request, "the header Host is missing, which HTTP/1.1 asks for");
    }
  }

  private static void refuse(HttpRequest request, String why) {
    request.setDecoderResult(DecoderResult.failure(new Malformed(why)));
  }

  private void await(ChannelHandlerContext context, Duration time) {
    stopWaiting();
    alarm =
        context.executor().schedule(() -> context.close(), time.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void stopWaiting() {
    if (alarm != null) {
      alarm.cancel(false);
      alarm = null;
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    stopWaiting();
    context.fireChannelInactive();
  }
}
