package dev.currywurst.train.stage;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.weights.ConfigFile;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Prior preservation (Ruiz et al. 2023, DreamBooth): beside the pictures that are learned from, the
 * model is shown pictures that it painted itself before, of the class that they belong to, so that
 * it does not forget what other members of the class look like.
 *
 * @param prompt that names the class, and is the class pictures' caption
 * @param pictures how many there are
 * @param weight of their loss
 * @param folder with such pictures, to which missing ones are added; empty for one in the output
 */
public record Preservation(String prompt, int pictures, double weight, Optional<Path> folder) {
  /**
   * Reads "class_prompt", "num_class_images", "prior_loss_weight" and "class_data_dir" of the
   * objective.
   *
   * @return empty if there is no class_prompt
   * @throws CurrywurstException if the others stand there without one
   */
  public static Optional<Preservation> read(ConfigFile file) {
    if (!file.has("class_prompt")) {
      if (file.has("num_class_images")
          || file.has("prior_loss_weight")
          || file.has("class_data_dir")) {
        throw new CurrywurstException(
            "%s: num_class_images, prior_loss_weight and class_data_dir belong to a class_prompt; give one too."
                .formatted(file.origin()));
      }
      return Optional.empty();
    }
    BoundedConfig numbers = new BoundedConfig(file);
    String prompt = file.stringValue("", "class_prompt");
    if (prompt.isBlank()) {
      throw new CurrywurstException(
          file.origin() + ": the class_prompt is empty; say what the class pictures show.");
    }
    return Optional.of(
        new Preservation(
            prompt,
            numbers.whole(1, 100_000, 100, "num_class_images"),
            numbers.weight(1, "prior_loss_weight"),
            file.has("class_data_dir")
                ? Optional.of(Path.of(file.stringValue("", "class_data_dir")))
                : Optional.empty()));
  }

  /** Where the pictures lie is no part of what is learned; what they show is. */
  static void withoutPlace(ObjectNode settings) {
    settings.remove("class_data_dir");
  }
}
