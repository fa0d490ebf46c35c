package dev.currywurst.train.stage;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.weights.ConfigFile;
import java.util.ArrayList;
import java.util.List;

/**
 * What a run is watched by: fixed prompts with fixed seeds, {@code --validation_prompts} in
 * diffusers' scripts. Nothing that is learned depends on them.
 *
 * @param texts the prompts; none to sample nothing
 * @param each pictures of each prompt
 * @param seed of the first picture of each prompt; the others have the ones after it
 */
record Prompts(List<String> texts, int each, long seed) {
  private static final int MOST = 64;

  Prompts {
    texts = List.copyOf(texts);
    if (texts.size() * each > MOST) {
      throw new CurrywurstException(
          "The validation asks for %d prompts with %d pictures each; give at most %d pictures in all."
              .formatted(texts.size(), each, MOST));
    }
  }

  /** One picture to paint. */
  record Wanted(String prompt, long seed) {}

  static Prompts read(ConfigFile file) {
    BoundedConfig numbers = new BoundedConfig(file);
    return new Prompts(
        file.stringList(List.of(), "prompts"),
        numbers.whole(1, MOST, 1, "num_images"),
        numbers.atLeast(0, 0, "seed"));
  }

  /** All pictures, prompt by prompt. */
  List<Wanted> all() {
    List<Wanted> all = new ArrayList<>();
    for (String text : texts) {
      for (int k = 0; k < each; k++) {
        all.add(new Wanted(text, seed + k));
      }
    }
    return all;
  }
}
