package dev.currywurst.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.currywurst.tensor.CurrywurstException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A run that is run again from its {@code provenance.json}: with the same pictures, model and
 * settings it ends with the same weights, byte for byte on the same machine.
 *
 * @param origin the output folder of the run
 * @param command that started it, without its output folder
 * @param run what decided its weights
 */
public record Repetition(Path origin, List<String> command, JsonNode run) {
  public Repetition {
    command = List.copyOf(command);
  }

  /**
   * Reads a run.
   *
   * @throws CurrywurstException if the folder does not say what made it
   */
  public static Repetition of(Path output) {
    Path file = output.resolve(RunFolder.PROVENANCE);
    if (!Files.isRegularFile(file)) {
      throw new CurrywurstException(
          "%s does not say what made it (there is no %s); give the --output of a finetune command."
              .formatted(output, RunFolder.PROVENANCE));
    }
    try {
      JsonNode json = new ObjectMapper().readTree(Files.readAllBytes(file));
      List<String> command = new ArrayList<>();
      json.path("command").forEach(word -> command.add(word.asText()));
      if (command.isEmpty() || !json.path("run").isObject()) {
        throw new CurrywurstException(
            file + " does not tell the command that began the run, so it cannot be repeated.");
      }
      return new Repetition(output, command, json);
    } catch (IOException e) {
      throw new CurrywurstException(file + " is damaged; restore it from a backup.", e);
    }
  }

  /**
   * Checks that a run is the one that it repeats.
   *
   * @throws CurrywurstException naming what differs
   */
  void check(RunDescription again) {
    List<String> differences = again.differences(run);
    if (!differences.isEmpty()) {
      throw new CurrywurstException(
          "%s cannot be repeated, since something has changed: %s."
              .formatted(origin, String.join(", ", differences)));
    }
  }
}
