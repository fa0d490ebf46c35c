package dev.currywurst.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TextNormalizerTest {
  @Test
  void whiteSpaceOfAnyKindBecomesOneSpace() {
    assertThat(TextNormalizer.normalize(" A\t\r\nb\u0085\u00a0\u3000c ")).isEqualTo(" a b c ");
    // Java's own idea of white space has these too, Unicode's has not.
    assertThat(TextNormalizer.normalize("a\u001c\u200bb")).isEqualTo("a\u001c\u200bb");
  }

  @Test
  void lowerCaseIsThatOfEachCharacterAlone() {
    assertThat(TextNormalizer.normalize("ΟΔΥΣΣΕΥΣ")).isEqualTo("οδυσσευσ");
    assertThat(TextNormalizer.normalize("İI")).isEqualTo("i\u0307i");
    assertThat(TextNormalizer.normalize("STRAẞE Straße")).isEqualTo("straße straße");
  }

  @Test
  void accentsJoinTheirLetters() {
    assertThat(TextNormalizer.normalize("e\u0301\u1100\u1161")).isEqualTo("é가");
  }

  @Test
  void charactersAfterUnicode9AreNotNormalized() {
    // Dives Akuru of Unicode 13: a JDK composes U+11935 and U+11930 to U+11938.
    assertThat(TextNormalizer.normalize("\ud806\udd35\ud806\udd30"))
        .isEqualTo("\ud806\udd35\ud806\udd30");
    // U+08D3 of Unicode 11 has combining class 220, so a JDK would put it before the acute accent.
    assertThat(TextNormalizer.normalize("\u2603\u0301\u08d3")).isEqualTo("\u2603\u0301\u08d3");
  }

  @Test
  void lowerCaseKnowsUnicode17() {
    assertThat(TextNormalizer.normalize("\ua7ce\ud81b\udea0")).isEqualTo("\ua7cf\ud81b\udebb");
  }
}
