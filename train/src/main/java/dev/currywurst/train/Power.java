package dev.currywurst.train;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.weights.ConfigFile;

/**
 * What a training draws and what that emits. Both are the user's to know; the defaults are a
 * processor under load, and the mean of the world's grids in the calculator that {@link
 * EnergyEstimate} follows.
 *
 * @param watts that the hardware draws under this load
 * @param gramsPerKilowattHour CO2 equivalents that the grid emits for a kWh
 */
public record Power(double watts, double gramsPerKilowattHour) {
  /** The name of the setting that has the watts. */
  public static final String WATTS = "hardware_watts";

  /** The name of the setting that has the grid's emissions. */
  public static final String INTENSITY = "carbon_intensity";

  private static final double PROCESSOR = 65;
  private static final double WORLD = 432;

  public Power {
    if (!(watts > 0) || Double.isInfinite(watts)) {
      throw new CurrywurstException(
          "The hardware draws %s watts (%s); give a number above 0, such as 65 for a processor or 300 for a large graphics card."
              .formatted(watts, WATTS));
    }
    if (!(gramsPerKilowattHour >= 0) || Double.isInfinite(gramsPerKilowattHour)) {
      throw new CurrywurstException(
          "The grid emits %s grams of CO2 a kWh (%s); give a number from 0, such as 432, the world's mean in the calculator."
              .formatted(gramsPerKilowattHour, INTENSITY));
    }
  }

  /** Reads "hardware_watts" and "carbon_intensity". */
  static Power read(ConfigFile file) {
    return new Power(file.doubleValue(PROCESSOR, WATTS), file.doubleValue(WORLD, INTENSITY));
  }

  /** What so much time takes. */
  public EnergyEstimate over(double seconds) {
    return new EnergyEstimate(this, seconds / 3600);
  }
}
