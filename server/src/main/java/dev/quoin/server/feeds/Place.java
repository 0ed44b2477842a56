// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.feeds;

/** A place on the earth, in degrees. */
record Place(double latitude, double longitude) {}
