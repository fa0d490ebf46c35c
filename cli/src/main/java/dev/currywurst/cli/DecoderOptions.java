package dev.currywurst.cli;

import picocli.CommandLine.Option;

/** The options about Stage B. */
final class DecoderOptions {
  @Option(
      names = "--decoder-steps",
      paramLabel = "N",
      defaultValue = "12",
      description = "Steps of Stage B. Default: ${DEFAULT-VALUE}")
  private int steps;

  @Option(
      names = "--decoder-guidance",
      paramLabel = "X",
      defaultValue = "0",
      description =
          "How much Stage B follows the prompt; 1 and less mean off. Default: ${DEFAULT-VALUE}")
  private double guidance;

  int steps() {
    return steps;
  }

  double guidance() {
    return guidance;
  }
}
