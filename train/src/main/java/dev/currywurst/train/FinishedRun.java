package dev.currywurst.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.data.CaptionedImage;
import dev.currywurst.train.source.Dataset;
import dev.currywurst.train.stage.PictureRecipe;
import dev.currywurst.train.stage.StageName;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A fine-tuning that has ended, to be judged: by pictures that it did not see, beside the model
 * that it began with.
 *
 * @param models by what they are called: before, EMA and live, as far as there are
 * @param heldOut the captioned pictures that it did not train on
 */
public record FinishedRun(Map<String, Path> models, List<CaptionedImage> heldOut) {
  public FinishedRun {
    heldOut = List.copyOf(heldOut);
  }

  /**
   * Finds out what a run was about.
   *
   * @param output its folder
   * @throws CurrywurstException if it is none of a fine-tuning, has not ended, or its pictures are
   *     gone
   */
  public static FinishedRun of(Path output) {
    Repetition run = Repetition.of(output);
    JsonNode json = run.run();
    JsonNode described = json.path("run");
    if (!described.path("stage").asText().equals(StageName.STAGE_C.key())) {
      throw new CurrywurstException(
          output + " does not hold a fine-tuning; give the --output of a finetune command.");
    }
    Map<String, Path> models = new LinkedHashMap<>();
    add(models, "before", Path.of(json.path("model").asText()));
    boolean both = Files.isDirectory(output.resolve("model-live"));
    boolean averaged = described.at("/training/ema_decay").asDouble() > 0;
    add(models, both || averaged ? "EMA" : "live", output.resolve("model"));
    add(models, "live", output.resolve("model-live"));
    add(models, "blend", output.resolve("model-blend"));
    if (models.keySet().stream().allMatch("before"::equals)) {
      throw new CurrywurstException(
          output + " has no model yet; the command that began the run goes on with it.");
    }
    return new FinishedRun(models, heldOut(json));
  }

  private static void add(Map<String, Path> models, String name, Path folder) {
    if (Files.isDirectory(folder)) {
      models.put(name, folder);
    }
  }

  private static List<CaptionedImage> heldOut(JsonNode provenance) {
    PictureRecipe recipe =
        PictureRecipe.described(
            (ObjectNode) provenance.at("/run/data"), provenance.at("/run/resolution").asInt());
    Path place =
        Path.of(provenance.path("directory").asText()).resolve(provenance.path("data").asText());
    return recipe.split(Dataset.open(place, recipe.columns()).images(), place).heldOut();
  }
}
