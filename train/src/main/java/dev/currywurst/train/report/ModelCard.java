package dev.currywurst.train.report;

import com.fasterxml.jackson.databind.JsonNode;
import dev.currywurst.tensor.CurrywurstException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The {@code README.md} of a saved model, as model hubs show it: what it is and what made it. */
public final class ModelCard {
  private ModelCard() {}

  /**
   * Writes the card of a model.
   *
   * @param weights such as "the averaged weights"
   * @param provenance of the run; names of local folders are left out of the card
   */
  public static void write(Path model, String weights, JsonNode provenance, History history) {
    try {
      Files.writeString(
          model.resolve("README.md"), text(weights, provenance, history), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new CurrywurstException(
          "The model card in %s cannot be written: %s.".formatted(model, e.getMessage()), e);
    }
  }

  static String text(String weights, JsonNode provenance, History history) {
    JsonNode run = provenance.path("run");
    StringBuilder card = new StringBuilder();
    card.append(
        """
        ---
        library_name: diffusers
        pipeline_tag: text-to-image
        tags: [wuerstchen, currywurst]
        ---
        # %s%s

        Trained with Currywurst for %,d steps of %d on %,d captioned pictures; these are %s.

        """
            .formatted(
                title(run.path("stage").asText()),
                base(provenance.path("model").asText()),
                history.step(),
                run.path("training").path("batch_size").asInt()
                    * run.path("training").path("gradient_accumulation_steps").asInt(1),
                run.path("data").path("pictures").asInt(),
                weights));
    for (Map.Entry<String, Series> figure : history.heldOut().entrySet()) {
      List<Series.Point> points = figure.getValue().points();
      Series.Point first = points.get(0);
      Series.Point last = points.get(points.size() - 1);
      card.append("- Held out, %s: ".formatted(figure.getKey()));
      if (first.step() < last.step()) {
        card.append("%s after %,d steps, ".formatted(Axis.label(first.value()), first.step()));
      }
      card.append("%s after %,d\n".formatted(Axis.label(last.value()), last.step()));
    }
    if (!history.skipped().isEmpty()) {
      card.append(
          "- Steps skipped since they were not finite: %,d\n".formatted(history.skipped().size()));
    }
    long seconds = 0;
    for (JsonNode session : provenance.path("sessions")) {
      seconds += session.path("seconds").asLong();
    }
    card.append(String.format(Locale.ROOT, "- Training time: %.2f hours\n", seconds / 3600.0));
    JsonNode energy = provenance.path("energy");
    if (energy.isObject()) {
      card.append(
          String.format(
              Locale.ROOT,
              "- Energy: about %.3g kWh, %.3g kg of CO2 equivalents (%.0f W, %.0f g a kWh)\n",
              energy.path("energy_kwh").asDouble(),
              energy.path("co2_equivalents_kg").asDouble(),
              energy.path("hardware_watts").asDouble(),
              energy.path("carbon_intensity_g_per_kwh").asDouble()));
    }
    card.append("\n## Settings\n\n|setting|value|\n|-|-|\n");
    rows(card, "", run);
    card.append("\n## Versions\n\n|what|version|\n|-|-|\n");
    JsonNode versions = provenance.path("versions");
    for (Map.Entry<String, JsonNode> version : versions.properties()) {
      card.append(
          "|%s|%s|\n"
              .formatted(
                  version.getKey(),
                  version.getValue().asText().lines().findFirst().orElse("").replace("|", "/")));
    }
    return card.toString();
  }

  private static String title(String stage) {
    return switch (stage) {
      case "stage-a" -> "A Würstchen's Stage A";
      case "stage-b" -> "A Würstchen's Stage B";
      default -> "A Würstchen";
    };
  }

  /** The last part of a folder's or model's name. */
  private static String base(String model) {
    if (model.isEmpty()) {
      return "";
    }
    String[] parts = model.split("[/\\\\]", -1);
    String name = parts[parts.length - 1];
    return name.isEmpty() ? "" : ", fine-tuned from " + name;
  }

  private static void rows(StringBuilder card, String path, JsonNode node) {
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      if (field.getValue().isObject()) {
        rows(card, path + field.getKey() + ".", field.getValue());
      } else {
        String value =
            field.getValue().isTextual() ? field.getValue().asText() : field.getValue().toString();
        card.append("|%s|%s|\n".formatted(path + field.getKey(), value.replace("|", "\\|")));
      }
    }
  }
}
