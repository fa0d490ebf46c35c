package dev.currywurst.pipeline;

import java.util.ArrayList;
import java.util.List;

/** One picture of a call: its texts and its seed. */
record Picture(String prompt, String negativePrompt, long seed) {
  /** All prompts, followed by the negative ones if they are asked for. */
  static List<String> texts(List<Picture> pictures, boolean withNegative) {
    List<String> texts = new ArrayList<>();
    pictures.forEach(picture -> texts.add(picture.prompt()));
    if (withNegative) {
      pictures.forEach(picture -> texts.add(picture.negativePrompt()));
    }
    return texts;
  }
}
