// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.door;

import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.RequestHeaders;
import dev.quoin.server.settings.Settings;
import io.netty.util.NetUtil;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Refuses what a web page of somebody else could make a browser send: requests for a name that is
 * not this server's, to which a page can have its own name lead (DNS rebinding), and requests from
 * another origin (cross-site request forgery).
 */
final class Guard {
  private static final String LOCALHOST = "localhost";

  /** An IPv6 address in brackets, or something else, and a port. */
  private static final Pattern AUTHORITY =
      Pattern.compile("(?:\\[([0-9a-f:.]+)]|([^\\[\\]:@]+))(?::\\d*)?");

  private final boolean anyHost;
  private final boolean isTls;
  private final Set<String> hosts = new HashSet<>();
  private final List<String> origins;

  Guard(Settings settings) {
    isTls = settings.isTls();
    List<String> named = settings.httpHostNames();
    anyHost = named.contains("*");
    named.forEach(name -> hosts.add(name.toLowerCase(Locale.ROOT)));
    hosts.add(settings.host().toLowerCase(Locale.ROOT));
    origins = settings.httpAllowedOrigins();
  }

  /** Why a request is not served; null for one that is. */
  String refusal(RequestHeaders headers) {
    String authority = headers.authority();
    if (!isOwn(authority)) {
      return "this server is not asked for by the name \"%s\": name it in the setting http-hosts"
          .formatted(shown(authority));
    }
    String origin = headers.get(HttpHeaderNames.ORIGIN);
    if (origin != null && !isOwnOrigin(origin, authority) && !origins.contains(origin)) {
      return "pages of the origin \"%s\" may not call: name it in the setting http-origins"
          .formatted(shown(origin));
    }
    return null;
  }

  /** Nobody else has a certificate for a name; and an IP address belongs to nobody's name. */
  private boolean isOwn(String authority) {
    if (anyHost || isTls) {
      return true;
    }
    if (authority == null) {
      return false;
    }
    String host = host(authority.toLowerCase(Locale.ROOT));
    return host.equals(LOCALHOST)
        || host.endsWith("." + LOCALHOST)
        || NetUtil.isValidIpV4Address(host)
        || NetUtil.isValidIpV6Address(host)
        || hosts.contains(host);
  }

  private boolean isOwnOrigin(String origin, String authority) {
    return authority != null
        && origin.equalsIgnoreCase((isTls ? "https://" : "http://") + authority);
  }

  /** Without the port; empty for what is no host and port. */
  private static String host(String authority) {
    Matcher parts = AUTHORITY.matcher(authority);
    if (!parts.matches()) {
      return "";
    }
    return parts.group(1) == null ? parts.group(2) : parts.group(1);
  }

  private static String shown(String text) {
    String known = text == null ? "" : text.replaceAll("[^ -~]", "?");
    return known.length() > 64 ? known.substring(0, 64) : known;
  }
}
