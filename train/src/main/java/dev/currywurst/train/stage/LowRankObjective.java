package dev.currywurst.train.stage;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.lora.AdapterSettings;
import dev.currywurst.lora.Adapters;
import dev.currywurst.lora.LoraDialect;
import dev.currywurst.lora.LoraFile;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.data.Fingerprint;
import dev.currywurst.weights.ConfigFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Learning low-rank additions (LoRA, Hu et al. 2022) beside weights that stay as they are.
 *
 * @param settings of the additions
 * @param dialects of the files that are written
 * @param from a LoRA to begin with in place of fresh additions
 */
record LowRankObjective(
    AdapterSettings settings, List<LoraDialect> dialects, Optional<LoraFile> from) {
  static final String RANK = "lora_rank";
  static final String ALPHA = "lora_alpha";
  static final String TARGETS = "lora_targets";
  static final String DROPOUT = "lora_dropout";
  static final String DIALECTS = "lora_dialects";
  static final String FROM = "lora_from";

  /**
   * Reads "lora_rank", "lora_alpha", "lora_targets", "lora_dropout", "lora_dialects" and
   * "lora_from".
   *
   * @return empty if there is no lora_rank
   * @throws CurrywurstException if the others stand there without one
   */
  static Optional<LowRankObjective> read(ConfigFile file) {
    if (!file.has(RANK)) {
      for (String name : List.of(ALPHA, TARGETS, DROPOUT, DIALECTS, FROM)) {
        if (file.has(name)) {
          throw new CurrywurstException(
              "%s: %s belongs to a LoRA; give a lora_rank too.".formatted(file.origin(), name));
        }
      }
      return Optional.empty();
    }
    int rank = file.intValue(4, RANK);
    AdapterSettings settings =
        AdapterSettings.of(rank)
            .withAlpha(file.has(ALPHA) ? file.doubleValue(rank, ALPHA) : rank)
            .withTargets(file.stringList(AdapterSettings.ATTENTION, TARGETS))
            .withDropout(file.has(DROPOUT) ? file.doubleValue(0, DROPOUT) : 0);
    List<LoraDialect> dialects =
        file.stringList(List.of(LoraDialect.DIFFUSERS.toString()), DIALECTS).stream()
            .map(name -> dialect(file, name))
            .toList();
    return Optional.of(new LowRankObjective(settings, dialects, begun(file, rank)));
  }

  /** A file, or peft's folder. What is wrong with it is told before anything large is read. */
  private static Optional<LoraFile> begun(ConfigFile file, int rank) {
    if (!file.has(FROM)) {
      return Optional.empty();
    }
    Path path = Path.of(file.stringValue("", FROM));
    if (!Files.exists(path)) {
      throw new CurrywurstException(
          "There is no LoRA to begin with at %s; give a file, or peft's folder.".formatted(path));
    }
    LoraFile lora = LoraFile.open(path);
    for (LoraFile.Layer layer : lora.layers().values()) {
      if (layer.rank() != rank) {
        throw new CurrywurstException(
            "Cannot begin with the LoRA %s: its %s is of rank %d, and rank %d was asked for."
                .formatted(lora, layer.target(), layer.rank(), rank));
      }
    }
    return Optional.of(lora);
  }

  /** A run is what it began with, wherever that lies: the content in place of the file's name. */
  void withoutPlace(ObjectNode described) {
    from.ifPresent(
        lora -> {
          Fingerprint content = new Fingerprint();
          lora.files().forEach(content::add);
          described.put(FROM, content.hex());
        });
  }

  /** Additions that begin where {@link #from} ended, if there is one. */
  void begin(Adapters adapters) {
    from.ifPresent(adapters::begin);
  }

  private static LoraDialect dialect(ConfigFile file, String name) {
    return Stream.of(LoraDialect.values())
        .filter(dialect -> dialect.toString().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new CurrywurstException(
                    "%s: the dialect \"%s\" of LoRA files is not known; use %s."
                        .formatted(
                            file.origin(),
                            name,
                            Stream.of(LoraDialect.values())
                                .map(LoraDialect::toString)
                                .collect(Collectors.joining(", ")))));
  }

  /** The name of a dialect's file, or folder, in the output's {@code lora/}. */
  static String fileName(LoraDialect dialect) {
    return switch (dialect) {
      case DIFFUSERS -> "pytorch_lora_weights.safetensors";
      case KOHYA -> "kohya.safetensors";
      case PEFT -> "peft";
    };
  }
}
