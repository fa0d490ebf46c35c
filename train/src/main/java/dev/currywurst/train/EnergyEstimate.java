package dev.currywurst.train;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.weights.ConfigFile;
import java.util.Locale;

/**
 * The energy of a training and its emissions, as model cards report them: the formula of the
 * Machine Learning Impact calculator (Lacoste et al. 2019), power x time x carbon intensity of the
 * grid.
 *
 * @param power that is drawn, and what the grid emits
 * @param hours of training
 */
public record EnergyEstimate(Power power, double hours) {
  public EnergyEstimate {
    if (!(hours >= 0)) {
      throw new IllegalArgumentException("a training of " + hours + " hours");
    }
  }

  public double kilowattHours() {
    return power.watts() * hours / 1000;
  }

  /** CO2 equivalents, in kilograms. */
  public double kilogramsOfCo2() {
    return kilowattHours() * power.gramsPerKilowattHour() / 1000;
  }

  /** Such as {@code About 0.15 kWh and 65 g of CO2 equivalents (65 W for 2.3 h, 432 g a kWh).} */
  public String sentence() {
    return String.format(
        Locale.ROOT,
        "About %s and %s of CO2 equivalents (%.0f W for %s, %.0f g a kWh).",
        quantity(kilowattHours(), "kWh", "Wh"),
        quantity(kilogramsOfCo2(), "kg", "g"),
        power.watts(),
        hours < 0.1
            ? String.format(Locale.ROOT, "%.1f min", 60 * hours)
            : String.format(Locale.ROOT, "%.2f h", hours),
        power.gramsPerKilowattHour());
  }

  /** With the unit or a thousandth of it, whichever is easier to read. */
  private static String quantity(double value, String unit, String thousandth) {
    return value < 0.1
        ? String.format(Locale.ROOT, "%.2g %s", 1000 * value, thousandth)
        : String.format(Locale.ROOT, "%.3g %s", value, unit);
  }

  /** For the run's provenance. */
  public ObjectNode toJson() {
    return ConfigFile.newObject()
        .put(Power.WATTS, power.watts())
        .put("hours_used", hours)
        .put("carbon_intensity_g_per_kwh", power.gramsPerKilowattHour())
        .put("energy_kwh", kilowattHours())
        .put("co2_equivalents_kg", kilogramsOfCo2());
  }
}
