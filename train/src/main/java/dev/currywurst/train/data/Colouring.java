package dev.currywurst.train.data;

import java.util.random.RandomGenerator;

/**
 * Recolours a picture by exchanging its colour channels: white, gray and black stay, red becomes
 * blue, and so on. Shapes are few in a small set; colours need not be.
 *
 * @param chance of a picture to be recoloured, 0 to 1
 */
record Colouring(double chance) {
  private static final int[][] ORDERS = {
    {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0},
  };

  /** The picture's planes [3][side][side], in a new order or as they are. */
  float[] apply(float[] planes, RandomGenerator random) {
    double draw = random.nextDouble();
    int[] order = ORDERS[random.nextInt(ORDERS.length)];
    if (draw >= chance) {
      return planes;
    }
    int area = planes.length / 3;
    float[] recoloured = new float[planes.length];
    for (int channel = 0; channel < 3; channel++) {
      System.arraycopy(planes, order[channel] * area, recoloured, channel * area, area);
    }
    return recoloured;
  }
}
