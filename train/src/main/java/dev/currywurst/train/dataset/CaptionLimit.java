package dev.currywurst.train.dataset;

import dev.currywurst.text.ClipTokenizer;
import dev.currywurst.text.Tokens;
import java.util.List;
import java.util.regex.Pattern;

/** Tells what of a caption a text tower does not see. */
public interface CaptionLimit {
  /** The end of a caption that finds no room; empty if all of it does. */
  String cutOff(String caption);

  /** The limit of a model, by its own tokenizer. */
  static CaptionLimit of(ClipTokenizer tokenizer) {
    return caption -> {
      Tokens.Row row = tokenizer.encode(List.of(caption)).rows().get(0);
      return row.cutOff();
    };
  }

  /**
   * What certainly finds no room in 77 tokens, whatever the vocabulary: each word takes one at
   * least, and two mark begin and end. Without a model at hand, that is all that can be said.
   */
  static CaptionLimit byWords() {
    int most = 75;
    Pattern blanks = Pattern.compile("\\s+");
    return caption -> {
      String[] words = blanks.split(caption.strip());
      return words.length <= most
          ? ""
          : String.join(" ", List.of(words).subList(most, words.length));
    };
  }
}
