package dev.currywurst.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.currywurst.tensor.CurrywurstException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClipTokenizerTest {
  private static final ClipTokenizer CLIP = ClipTokenizer.load(ReferenceCases.published());

  @Test
  void aPromptBecomesARowOfBeginWordsEndAndPadding() {
    Tokens tokens = CLIP.encode(List.of("a small green dragon"));

    assertThat(tokens.length()).isEqualTo(77);
    assertThat(tokens.ids()).hasSize(77).startsWith(49406, 320, 2442, 1901, 5471, 49407, 49407);
    assertThat(tokens.mask()).hasSize(77).startsWith(1, 1, 1, 1, 1, 1, 0);
    assertThat(tokens.rows().get(0).cutOff()).isEmpty();
  }

  @Test
  void whatDoesNotFitIsCutOffAndReported() {
    String prompt = "green ".repeat(75) + "and a Dragon, too";

    Tokens.Row row = CLIP.encode(List.of(prompt)).rows().get(0);

    assertThat(row.ids()).startsWith(49406, 1901).endsWith(1901, 49407);
    assertThat(row.used()).isEqualTo(77);
    assertThat(row.cutOff()).isEqualTo("and a dragon , too");
  }

  @Test
  void aPromptThatJustFitsLosesNothing() {
    Tokens.Row row = CLIP.encode(List.of("green ".repeat(75))).rows().get(0);

    assertThat(row.used()).isEqualTo(77);
    assertThat(row.cutOff()).isEmpty();
  }

  @Test
  void anEmptyPromptIsBeginAndEndAlone() {
    assertThat(CLIP.encode(List.of("")).rows().get(0).used()).isEqualTo(2);
    assertThat(CLIP.encode(List.of()).batch()).isZero();
  }

  @Test
  void promptsKeepTheirOrder() {
    Tokens tokens = CLIP.encode(List.of("a red fish", "a green dragon"));

    assertThat(tokens.batch()).isEqualTo(2);
    assertThat(tokens.rows().get(1))
        .isEqualTo(CLIP.encode(List.of("a green dragon")).rows().get(0));
    assertThat(Arrays.copyOfRange(tokens.ids(), 77, 81)).containsExactly(49406, 320, 1901, 5471);
  }

  /** Ids, rows, what is cut off, and the way back: all of it as transformers has it. */
  @ParameterizedTest
  @MethodSource("dev.currywurst.text.ReferenceCases#groups")
  void agreesWithTransformers(ReferenceCases.Group group, @TempDir Path folder) {
    assertAgrees(ClipTokenizer.load(group.folder(folder)), group);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "padded with !",
        "taught names with flags",
        "files that disagree",
        "short rows",
        "trained"
      })
  void staysTheSameWhenSavedAndLoaded(String name, @TempDir Path folder, @TempDir Path saved) {
    ReferenceCases.Group group = ReferenceCases.group(name);
    ClipTokenizer.load(group.folder(folder)).save(saved);

    assertAgrees(ClipTokenizer.load(saved), group);
  }

  private static void assertAgrees(ClipTokenizer tokenizer, ReferenceCases.Group group) {
    assertThat(tokenizer.beginId()).isEqualTo(group.begin());
    assertThat(tokenizer.endId()).isEqualTo(group.end());
    assertThat(tokenizer.padId()).isEqualTo(group.pad());
    assertThat(tokenizer.maxLength()).isEqualTo(group.length());
    List<ReferenceCases.Case> cases = group.cases();
    Tokens tokens = tokenizer.encode(cases.stream().map(ReferenceCases.Case::text).toList());
    assertThat(cases.stream().map(text -> read(tokenizer, text.text())))
        .containsExactlyElementsOf(cases);
    assertThat(tokens.rows())
        .containsExactlyElementsOf(cases.stream().map(text -> row(text, group)).toList());
  }

  private static ReferenceCases.Case read(ClipTokenizer tokenizer, String text) {
    int[] ids = tokenizer.ids(text);
    return new ReferenceCases.Case(
        text,
        Arrays.stream(ids).boxed().toList(),
        tokenizer.decode(ids),
        tokenizer.encode(List.of(text)).rows().get(0).cutOff());
  }

  private static Tokens.Row row(ReferenceCases.Case text, ReferenceCases.Group group) {
    int kept = Math.min(text.ids().size(), group.length() - 2);
    List<Integer> row = new ArrayList<>(Collections.nCopies(group.length(), group.pad()));
    row.set(0, group.begin());
    for (int i = 0; i < kept; i++) {
      row.set(i + 1, text.ids().get(i));
    }
    row.set(kept + 1, group.end());
    return new Tokens.Row(row, kept + 2, text.cutOff());
  }

  @Test
  void halfASurrogatePairCountsAsAQuestionMark() {
    assertThat(CLIP.ids("a \ud83d b")).isEqualTo(CLIP.ids("a ? b"));
  }

  @Test
  void anUnknownIdCannotBeDecoded() {
    assertThatThrownBy(() -> CLIP.decode(320, 49408))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage("The id 49408 is not in the tokenizer's vocabulary, whose ids end at 49407.");
  }

  /** 200,000 symbols in one word: comparing all pairs for each join would take minutes. */
  @Test
  @Timeout(60)
  void longTextWithoutSpacesTakesNoQuadraticTime() {
    assertThat(CLIP.ids("ab日".repeat(40_000)).length).isEqualTo(80_000);
  }

  @Test
  void threadsMayShareATokenizer() {
    long seed = 20_260_721;
    Random random = new Random(seed);
    List<String> prompts =
        IntStream.range(0, 400)
            .mapToObj(i -> Integer.toString(random.nextInt(5000), 36).repeat(3))
            .toList();
    ClipTokenizer fresh = ClipTokenizer.load(ReferenceCases.published());
    List<Tokens> together =
        Collections.nCopies(8, prompts).parallelStream().map(fresh::encode).toList();

    assertThat(together).as("seed %d", seed).containsOnly(CLIP.encode(prompts));
  }
}
