// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.feeds;

import java.util.ArrayList;
import java.util.List;

/**
 * A rectangle on the earth, its edges included; one whose west is greater than its east crosses the
 * antimeridian. Areas are found by cells of a grid: the finest of five in which an area has few.
 */
record Area(double south, double west, double north, double east) {
  /** The edges of the cells in degrees, from the finest grid on. */
  private static final double[] CELLS = {0.5, 2, 8, 32, 128};

  private static final int MOST_CELLS = 16;

  boolean contains(Place place) {
    return place.latitude() >= south
        && place.latitude() <= north
        && (west <= east
            ? place.longitude() >= west && place.longitude() <= east
            : place.longitude() >= west || place.longitude() <= east);
  }

  /** The cells that cover it. */
  List<String> cells() {
    if (west > east) {
      List<String> cells = new ArrayList<>(new Area(south, west, north, 180).cells());
      cells.addAll(new Area(south, -180, north, east).cells());
      return cells;
    }
    int grid = 0;
    while (grid < CELLS.length - 1 && count(grid) > MOST_CELLS) {
      grid++;
    }
    List<String> cells = new ArrayList<>();
    for (long row = index(grid, south, 90); row <= index(grid, north, 90); row++) {
      for (long column = index(grid, west, 180); column <= index(grid, east, 180); column++) {
        cells.add(cell(grid, row, column));
      }
    }
    return cells;
  }

  private long count(int grid) {
    return (index(grid, north, 90) - index(grid, south, 90) + 1)
        * (index(grid, east, 180) - index(grid, west, 180) + 1);
  }

  /** The cells a place is in, one of each grid. */
  static List<String> cells(Place place) {
    List<String> cells = new ArrayList<>(CELLS.length);
    for (int grid = 0; grid < CELLS.length; grid++) {
      cells.add(cell(grid, index(grid, place.latitude(), 90), index(grid, place.longitude(), 180)));
    }
    return cells;
  }

  private static long index(int grid, double degrees, int offset) {
    return (long) Math.floor((degrees + offset) / CELLS[grid]);
  }

  private static String cell(int grid, long row, long column) {
    return grid + "/" + row + '/' + column;
  }
}
