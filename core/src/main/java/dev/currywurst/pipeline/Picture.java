package dev.currywurst.pipeline;

import dev.currywurst.diffusion.Guidance;
import java.util.List;

/** One picture of a call: its texts and its seed. */
record Picture(String prompt, String negativePrompt, long seed) {
  /** All prompts, followed by the negative ones under guidance. */
  static List<String> texts(List<Picture> pictures, Guidance guidance) {
    return guidance.texts(
        pictures.stream().map(Picture::prompt).toList(),
        pictures.stream().map(Picture::negativePrompt).toList());
  }
}
