// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import dev.quoin.ads.v1.Pricing;
import java.nio.ByteBuffer;

/** What all CPC ads and all CPA ads of a network have had: weighted views and events. */
record Averages(double cpcViews, double cpcClicks, double cpaViews, double cpaActions) {
  static final Averages NONE = new Averages(0, 0, 0, 0);

  /** As the scripts keep them: views, clicks and actions of both. */
  static Averages parse(byte[] packed) {
    if (packed.length == 0) {
      return NONE;
    }
    ByteBuffer in = ByteBuffer.wrap(packed);
    double cpcViews = in.getDouble();
    double cpcClicks = in.getDouble();
    in.getDouble();
    double cpaViews = in.getDouble();
    in.getDouble();
    return new Averages(cpcViews, cpcClicks, cpaViews, in.getDouble());
  }

  /**
   * The events of a view. While there are less than a thousand views, a thousand are assumed, with
   * as many events as the prior says.
   */
  double rate(Pricing pricing, double priorPerThousand) {
    boolean isCpa = pricing == Pricing.PRICING_CPA;
    double views = isCpa ? cpaViews : cpcViews;
    double events = isCpa ? cpaActions : cpcClicks;
    return Math.max(events, priorPerThousand) / Math.max(views, 1000);
  }
}
