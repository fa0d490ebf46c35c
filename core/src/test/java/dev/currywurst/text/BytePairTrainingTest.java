package dev.currywurst.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.text.BytePairEncoding.Merge;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BytePairTrainingTest {
  @Test
  void joinsWhatOccursMostOften() {
    TokenizerModel model = BytePairTraining.train(List.of("hug hug hug pug pun bun"), 3, 77);

    assertThat(model.merges())
        .containsExactly(
            new Merge("u", "g</w>"), new Merge("h", "ug</w>"), new Merge("u", "n</w>"));
    assertThat(model.vocabulary())
        .hasSize(512 + 3 + 2)
        .containsEntry("!", 0)
        .containsEntry("!</w>", 256)
        .containsEntry("ug</w>", 512)
        .containsEntry("<|startoftext|>", 515)
        .containsEntry("<|endoftext|>", 516);
  }

  @Test
  void stopsWhenNothingOccursTwice() {
    assertThat(BytePairTraining.train(List.of("one two"), 100, 77).merges()).isEmpty();
  }

  @Test
  void specialTokensInCaptionsAreNotLearnt() {
    ClipTokenizer tokenizer =
        ClipTokenizer.train(List.of("<|endoftext|><|endoftext|><|startoftext|>"), 100, 77);

    assertThat(tokenizer.vocabularySize()).isEqualTo(514);
    assertThat(tokenizer.ids("<|endoftext|>")).containsExactly(tokenizer.endId());
  }

  /** The files in {@code trained/} are those whose ids transformers was asked for. */
  @Test
  void theSameCaptionsGiveTheSameFiles(@TempDir Path folder) throws IOException {
    List<String> captions = Files.readAllLines(ReferenceCases.resource("captions.txt"));

    ClipTokenizer.train(captions, 120, 24).save(folder);

    Path expected = ReferenceCases.resource("trained");
    for (String file :
        List.of("vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json")) {
      assertThat(folder.resolve(file)).hasSameTextualContentAs(expected.resolve(file));
    }
  }

  @RepeatedTest(20)
  void agreesWithCountingEverythingAnewForEachMerge(RepetitionInfo repetition) {
    Random random = new Random(repetition.getCurrentRepetition());
    List<String> texts =
        IntStream.range(0, 30)
            .mapToObj(
                i ->
                    random
                        .ints(1 + random.nextInt(12), 0, 4)
                        .mapToObj(c -> "ab\u00e9 ".substring(c, c + 1))
                        .collect(Collectors.joining()))
            .toList();

    assertThat(BytePairTraining.train(texts, 40, 77).merges())
        .as("seed %d", repetition.getCurrentRepetition())
        .isEqualTo(naiveMerges(texts, 40));
  }

  /** Sennrich et al. 2016, algorithm 1, as printed there: count all pairs, join the best. */
  private static List<Merge> naiveMerges(List<String> texts, int limit) {
    List<List<String>> words =
        texts.stream()
            .map(TextNormalizer::normalize)
            .flatMap(text -> WordSplitter.split(text).stream())
            .map(BytePairTrainingTest::symbols)
            .toList();
    List<String> ids = new ArrayList<>(alphabet());
    List<Merge> merges = new ArrayList<>();
    while (merges.size() < limit) {
      Map<Merge, Integer> counts = new HashMap<>();
      for (List<String> word : words) {
        for (int i = 0; i + 1 < word.size(); i++) {
          counts.merge(new Merge(word.get(i), word.get(i + 1)), 1, Integer::sum);
        }
      }
      Optional<Merge> best =
          counts.keySet().stream()
              .filter(merge -> counts.getOrDefault(merge, 0) >= 2)
              .min(
                  Comparator.comparingInt((Merge merge) -> -counts.getOrDefault(merge, 0))
                      .thenComparingInt(merge -> ids.indexOf(merge.left()))
                      .thenComparingInt(merge -> ids.indexOf(merge.right())));
      if (best.isEmpty()) {
        break;
      }
      merges.add(best.get());
      ids.add(best.get().joined());
      words.forEach(word -> join(word, best.get()));
    }
    return merges;
  }

  private static List<String> alphabet() {
    return Stream.of("", "</w>")
        .flatMap(
            end ->
                Arrays.stream(ByteAlphabet.order()).mapToObj(b -> ByteAlphabet.symbolOf(b) + end))
        .toList();
  }

  private static List<String> symbols(String word) {
    List<String> symbols = new ArrayList<>();
    for (byte b : word.getBytes(StandardCharsets.UTF_8)) {
      symbols.add(String.valueOf(ByteAlphabet.symbolOf(Byte.toUnsignedInt(b))));
    }
    int last = symbols.size() - 1;
    symbols.set(last, symbols.get(last) + "</w>");
    return symbols;
  }

  private static void join(List<String> word, Merge merge) {
    for (int i = 0; i + 1 < word.size(); i++) {
      if (word.get(i).equals(merge.left()) && word.get(i + 1).equals(merge.right())) {
        word.set(i, merge.joined());
        word.remove(i + 1);
      }
    }
  }

  @Test
  void refusesSizesThatMakeNoSense() {
    assertThatThrownBy(() -> ClipTokenizer.train(List.of("a"), -1, 77))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage(
            "A tokenizer cannot be trained with -1 merges; 0 means bytes alone, CLIP has 48894.");
    assertThatThrownBy(() -> ClipTokenizer.train(List.of("a"), 10, 2))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage(
            "The length of a tokenizer's rows is 2; a row needs at least 3 tokens: begin, one of the prompt, and end.");
  }
}
