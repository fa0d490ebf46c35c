package dev.currywurst.text;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * Cuts a normalised text into words: runs of letters, single numbers, runs of anything else, and
 * the English endings 's 't 're 've 'm 'll 'd. No byte pair is ever merged across words.
 *
 * <p>The reference applies two regular expressions in turn: CLIP's own,
 *
 * <pre>{@code
 * <\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+
 * }</pre>
 *
 * and GPT-2's within each match. The second changes nothing but the two special tokens, which it
 * cuts at the letters; they arrive here only if the tokenizer does not look for them in raw text,
 * as {@code <|ENDOFTEXT|>} does.
 */
final class WordSplitter {
  private static final List<String> SPECIAL = List.of("startoftext", "endoftext");
  private static final List<String> ENDINGS = List.of("'s", "'t", "'re", "'ve", "'m", "'ll", "'d");

  private final String text;
  private final List<String> words = new ArrayList<>();
  private int at;

  private WordSplitter(String text) {
    this.text = text;
  }

  static List<String> split(String normalized) {
    WordSplitter splitter = new WordSplitter(normalized);
    while (splitter.at < normalized.length()) {
      splitter.next();
    }
    return splitter.words;
  }

  private void next() {
    int c = text.codePointAt(at);
    if (UnicodeTables.isSpace(c)) {
      at += Character.charCount(c);
    } else if (UnicodeTables.isLetter(c)) {
      take(endOfRun(UnicodeTables::isLetter));
    } else if (UnicodeTables.isNumber(c)) {
      take(at + Character.charCount(c));
    } else if (!takeSpecial() && !takeEnding()) {
      take(endOfRun(WordSplitter::isOther));
    }
  }

  private boolean takeSpecial() {
    for (String name : SPECIAL) {
      if (text.startsWith("<|" + name + "|>", at)) {
        take(at + 2);
        take(at + name.length());
        take(at + 2);
        return true;
      }
    }
    return false;
  }

  private boolean takeEnding() {
    for (String ending : ENDINGS) {
      if (text.startsWith(ending, at)) {
        take(at + ending.length());
        return true;
      }
    }
    return false;
  }

  private void take(int end) {
    words.add(text.substring(at, end));
    at = end;
  }

  private int endOfRun(IntPredicate member) {
    int end = at;
    while (end < text.length() && member.test(text.codePointAt(end))) {
      end += Character.charCount(text.codePointAt(end));
    }
    return end;
  }

  private static boolean isOther(int c) {
    return !UnicodeTables.isSpace(c) && !UnicodeTables.isLetter(c) && !UnicodeTables.isNumber(c);
  }
}
