package dev.currywurst.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.pipeline.ModelFolder;
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
 * A fine-tuning that has ended, to be judged by pictures that it did not see.
 *
 * @param models that it made, by what they are called: EMA, live and blend, as far as there are
 * @param heldOut the captioned pictures that it did not train on
 * @param command that started it: it names the model that it began with
 */
public record FinishedRun(
    Map<String, Path> models, List<CaptionedImage> heldOut, List<String> command) {
  public FinishedRun {
    heldOut = List.copyOf(heldOut);
    command = List.copyOf(command);
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
    Path model = output.resolve("model");
    if (!Files.isDirectory(model)) {
      throw new CurrywurstException(
          output + " has no model yet; the command that began the run goes on with it.");
    }
    Map<String, Path> models = new LinkedHashMap<>();
    models.put(ModelFolder.open(model).averagedUpdates() > 0 ? "EMA" : "live", model);
    add(models, "live", output.resolve("model-live"));
    add(models, "blend", output.resolve("model-blend"));
    return new FinishedRun(models, heldOut(json), run.command());
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
    Path data = Path.of(provenance.path("data").asText());
    Path place =
        Dataset.isAddress(data)
            ? data
            : Path.of(provenance.path("directory").asText()).resolve(data);
    return recipe.split(Dataset.open(place, recipe.columns()).images(), place).heldOut();
  }
}
