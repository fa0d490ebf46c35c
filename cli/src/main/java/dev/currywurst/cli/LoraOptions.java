package dev.currywurst.cli;

import dev.currywurst.lora.LoraFile;
import dev.currywurst.lora.ScaledLora;
import dev.currywurst.pipeline.PipelineOptions;
import dev.currywurst.tensor.CurrywurstException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option that adds LoRAs to a model. */
final class LoraOptions {
  @Option(
      names = "--lora",
      paramLabel = "FILE[:SCALE]",
      description =
          "A LoRA for Stage C or its text tower, of diffusers, peft, kohya's scripts or OneTrainer:"
              + " a file, or a folder of peft. SCALE is how strongly it acts. Default: 1. Repeat it"
              + " for several.")
  private List<String> loras = List.of();

  private @Nullable List<ScaledLora> opened;

  /** The LoRAs, opened and checked. */
  List<ScaledLora> open() {
    if (opened == null) {
      opened = loras.stream().map(LoraOptions::parse).toList();
    }
    return opened;
  }

  /**
   * Opens {@code FILE[:SCALE]}. What follows the last colon is a scale only if it is a number and
   * the whole is no file, so that every name can be given.
   */
  static ScaledLora parse(String text) {
    int colon = text.lastIndexOf(':');
    if (colon < 0 || exists(text)) {
      return LoraFile.open(Path.of(text)).scaled(1);
    }
    Path file = Path.of(text.substring(0, colon));
    double scale;
    try {
      scale = Double.parseDouble(text.substring(colon + 1));
    } catch (NumberFormatException e) {
      throw new CurrywurstException(
          "The LoRA %s is no file, and what follows its colon is no scale, as in %s:0.8."
              .formatted(text, file),
          e);
    }
    return LoraFile.open(file).scaled(scale);
  }

  private static boolean exists(String name) {
    try {
      return Files.exists(Path.of(name));
    } catch (InvalidPathException e) {
      return false; // Windows knows no colon in names.
    }
  }

  PipelineOptions applyTo(PipelineOptions options) {
    return options.withLoras(open());
  }

  /** Names and scales, for a picture's settings; nothing without LoRAs. */
  String described() {
    return open().stream()
        .map(lora -> lora.file().name() + ":" + PictureText.number(lora.strength()))
        .collect(Collectors.joining(", "));
  }
}
