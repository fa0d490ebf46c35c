package dev.currywurst.train;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.weights.ConfigFile;
import java.util.Locale;

/**
 * The energy of a training and its emissions, as model cards report them: the formula of the
 * Machine Learning Impact calculator (Lacoste et al. 2019), power x time x carbon intensity of the
 * grid.
 *
 * @param watts that the hardware draws under this load
 * @param hours of training
 * @param gramsPerKilowattHour CO2 equivalents that the grid emits for a kWh
 */
public record EnergyEstimate(double watts, double hours, double gramsPerKilowattHour) {
  public EnergyEstimate {
    if (!(watts > 0) || Double.isInfinite(watts)) {
      throw new CurrywurstException(
          "The hardware draws %s watts (hardware_watts); give a number above 0, such as 65 for a processor or 300 for a large graphics card."
              .formatted(watts));
    }
    if (!(gramsPerKilowattHour >= 0) || Double.isInfinite(gramsPerKilowattHour)) {
      throw new CurrywurstException(
          "The grid emits %s grams of CO2 a kWh (carbon_intensity); give a number from 0, such as 432, the world's mean in the calculator."
              .formatted(gramsPerKilowattHour));
    }
    if (!(hours >= 0)) {
      throw new IllegalArgumentException("a training of " + hours + " hours");
    }
  }

  public double kilowattHours() {
    return watts * hours / 1000;
  }

  /** CO2 equivalents, in kilograms. */
  public double kilogramsOfCo2() {
    return kilowattHours() * gramsPerKilowattHour / 1000;
  }

  /**
   * Such as {@code About 0.15 kWh and 0.06 kg of CO2 equivalents (65 W for 2.3 h, 432 g a kWh).}
   */
  public String sentence() {
    return String.format(
        Locale.ROOT,
        "About %.3g kWh and %.3g kg of CO2 equivalents (%.0f W for %.2f h, %.0f g a kWh).",
        kilowattHours(),
        kilogramsOfCo2(),
        watts,
        hours,
        gramsPerKilowattHour);
  }

  /** For the run's provenance. */
  public ObjectNode toJson() {
    return ConfigFile.newObject()
        .put("hardware_watts", watts)
        .put("hours_used", hours)
        .put("carbon_intensity_g_per_kwh", gramsPerKilowattHour)
        .put("energy_kwh", kilowattHours())
        .put("co2_equivalents_kg", kilogramsOfCo2());
  }
}
