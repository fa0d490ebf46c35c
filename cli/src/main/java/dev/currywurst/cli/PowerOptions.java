package dev.currywurst.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.train.Power;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What is known of the power that a training draws. No weight depends on it. */
final class PowerOptions {
  @Option(
      names = "--hardware-watts",
      paramLabel = "X",
      description = "What the hardware draws under load, to tell the energy. Default: 65")
  private @Nullable Double watts;

  @Option(
      names = "--carbon-intensity",
      paramLabel = "X",
      description = "Grams of CO2 equivalents that the grid emits for a kWh. Default: 432")
  private @Nullable Double intensity;

  void into(ObjectNode training) {
    FinetuneKnobs.put(training, Power.WATTS, watts);
    FinetuneKnobs.put(training, Power.INTENSITY, intensity);
  }
}
