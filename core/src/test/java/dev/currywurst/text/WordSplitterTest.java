package dev.currywurst.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WordSplitterTest {
  @Test
  void wordsAreLettersSingleNumbersOrAnythingElse() {
    assertThat(WordSplitter.split("two cats, 12½ fish..."))
        .containsExactly("two", "cats", ",", "1", "2", "½", "fish", "...");
  }

  @Test
  void englishEndingsAreWordsUnlessPunctuationTakesTheirApostrophe() {
    assertThat(WordSplitter.split("it's 5's you'll"))
        .containsExactly("it", "'s", "5", "'s", "you", "'ll");
    assertThat(WordSplitter.split("!'s o'clock")).containsExactly("!'", "s", "o", "'", "clock");
  }

  @Test
  void specialTokensInNormalizedTextAreCutAtTheirLetters() {
    assertThat(WordSplitter.split("<|endoftext|>!")).containsExactly("<|", "endoftext", "|>", "!");
    assertThat(WordSplitter.split("<|other|>!")).containsExactly("<|", "other", "|>!");
  }

  @Test
  void lettersAreThoseOfUnicodeNotOfTheJdk() {
    // U+A7DC came with Unicode 16, a letter that JDK 17 has never heard of.
    assertThat(WordSplitter.split("a\ua7dcb")).containsExactly("a\ua7dcb");
  }
}
