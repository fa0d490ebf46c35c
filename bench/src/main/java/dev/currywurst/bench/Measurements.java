package dev.currywurst.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.weights.ConfigFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** What was measured, kept in a file after each case, so that a run can be ended and go on. */
final class Measurements {
  private final Path file;
  private final ObjectNode all;

  private Measurements(Path file, ObjectNode all) {
    this.file = file;
    this.all = all;
  }

  /** Those of earlier runs, unless {@code fresh}. */
  static Measurements open(Path file, boolean fresh) {
    try {
      return new Measurements(
          file,
          Files.exists(file) && !fresh
              ? (ObjectNode) Side.JSON.readTree(file.toFile())
              : Side.JSON.createObjectNode());
    } catch (IOException e) {
      throw new CurrywurstException(
          file + " cannot be read; measure again with --fresh: " + e.getMessage(), e);
    }
  }

  Optional<JsonNode> of(Case one) {
    return Optional.ofNullable(all.get(one.key()));
  }

  void put(Case one, ObjectNode measured) {
    all.set(one.key(), measured);
    ConfigFile.write(file, all);
  }
}
