package dev.currywurst.blip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.currywurst.image.Image;
import dev.currywurst.image.ImageDecoder;
import dev.currywurst.image.Rgb;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.Engine;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.testkit.Fixtures;
import dev.currywurst.text.BertTokenizer;
import dev.currywurst.weights.ConfigFile;
import dev.currywurst.weights.WeightFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Transformers' numbers, tokens and captions, on a small BLIP of random weights. */
class BlipCaptionerTest {
  private static final Path FOLDER = Fixtures.path("blip");
  private static final double TOLERANCE = 1e-5;
  private static final WeightFile EXPECTED =
      WeightFile.open(FOLDER.resolve("expected.safetensors"));

  private static BlipCaptioner captioner = BlipCaptioner.load(FOLDER);
  private static JsonNode cases = new ObjectMapper().createObjectNode();

  @TempDir Path temporary;

  @BeforeAll
  static void read() throws IOException {
    // A second thread gains nothing on a network this small.
    Engine.setThreads(1);
    cases = new ObjectMapper().readTree(FOLDER.resolve("case.json").toFile());
  }

  @AfterAll
  static void close() {
    captioner.close();
  }

  private static Image picture(JsonNode one) {
    return ImageDecoder.DEFAULT.read(FOLDER.resolve(one.path("picture").asText()), Rgb.WHITE);
  }

  private static void assertClose(Tensor actual, Tensor expected) {
    assertThat(actual.shape()).isEqualTo(expected.shape());
    assertThat(actual.minus(expected).abs().max().item()).isLessThan(TOLERANCE);
  }

  @Test
  void preparesPicturesAsTheReference() {
    try (Scope scope = Scope.open()) {
      List<Tensor> prepared = new ArrayList<>();
      cases.path("cases").forEach(c -> prepared.add(captioner.preprocessing().apply(picture(c))));
      assertClose(Tensor.cat(prepared, 0), EXPECTED.tensor("pixels"));
    }
  }

  @Test
  void seesAsTheReference() {
    try (Scope scope = Scope.open()) {
      Tensor states = Grad.off(() -> captioner.vision().encode(EXPECTED.tensor("pixels")));
      assertClose(states, EXPECTED.tensor("states"));
    }
  }

  @Test
  void scoresWordsAsTheReference() {
    try (Scope scope = Scope.open()) {
      Tensor states = EXPECTED.tensor("states");
      Tensor ids = EXPECTED.tensor("ids");
      for (int i = 0; i < states.size(0); i++) {
        long[] tokens = ids.select(0, i).toLongs();
        try (BlipTextDecoder.Draft draft = captioner.text().begin(states.narrow(0, i, 1), 1)) {
          List<Tensor> logits = new ArrayList<>();
          for (long token : tokens) {
            logits.add(Grad.off(() -> draft.append(token)));
          }
          assertClose(Tensor.cat(logits, 0), EXPECTED.tensor("logits").select(0, i));
        }
      }
    }
  }

  /** Texts side by side do not disturb each other, and can be exchanged. */
  @Test
  void scoresTextsSideBySide() {
    try (Scope scope = Scope.open()) {
      Tensor state = EXPECTED.tensor("states").narrow(0, 0, 1);
      Tensor ids = EXPECTED.tensor("ids");
      long begin = ids.select(0, 0).toLongs()[0];
      try (BlipTextDecoder.Draft two = captioner.text().begin(state, 2);
          BlipTextDecoder.Draft one = captioner.text().begin(state, 1)) {
        two.append(begin, begin);
        two.append(11, 20);
        two.choose(1, 0);
        Tensor both = two.append(12, 13);
        one.append(begin);
        one.append(20);
        assertClose(both.narrow(0, 0, 1), one.append(12));
      }
    }
  }

  private static List<Integer> tokens(JsonNode ids) {
    List<Integer> tokens = new ArrayList<>();
    ids.forEach(id -> tokens.add(id.intValue()));
    return tokens;
  }

  @Test
  void writesTheTokensOfTheReference() {
    String prompt = cases.path("prompt").asText();
    for (JsonNode one : cases.path("cases")) {
      Image picture = picture(one);
      assertThat(captioner.tokens(picture, "", new CaptionSearch(1, 12, 1)))
          .as("greedy, %s", one.path("picture"))
          .isEqualTo(tokens(one.path("greedy")));
      assertThat(captioner.tokens(picture, "", new CaptionSearch(3, 12, 1)))
          .as("three beams, %s", one.path("picture"))
          .isEqualTo(tokens(one.path("beam")));
      CaptionSearch prompted = new CaptionSearch(3, 10, 1);
      assertThat(captioner.tokens(picture, prompt, prompted))
          .as("with a prompt, %s", one.path("picture"))
          .isEqualTo(tokens(one.path("prompted")));
      assertThat(captioner.caption(picture, prompt, prompted)).isEqualTo(one.path("text").asText());
    }
  }

  @Test
  void readsAndWritesTextAsTheReference() {
    BertTokenizer tokenizer = BertTokenizer.load(FOLDER);
    for (JsonNode one : cases.path("texts")) {
      List<Integer> whole = tokens(one.path("ids"));
      assertThat(tokenizer.ids(one.path("text").asText()))
          .as("%s", one.path("text"))
          .isEqualTo(whole.subList(1, whole.size() - 1));
      assertThat(tokenizer.decode(whole)).isEqualTo(one.path("decoded").asText());
    }
  }

  @Test
  void readsTheTiedWeightsThatOlderFilesRepeat() throws IOException {
    for (String name : List.of("config.json", "vocab.txt", "preprocessor_config.json")) {
      Files.copy(FOLDER.resolve(name), temporary.resolve(name));
    }
    assertThatThrownBy(() -> BlipCaptioner.load(temporary))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("has no weights of a BLIP");
    try (Scope scope = Scope.open()) {
      WeightFile file = WeightFile.open(FOLDER.resolve("model.safetensors"));
      var weights = new java.util.LinkedHashMap<String, Tensor>();
      file.names().forEach(name -> weights.put(name, file.tensor(name)));
      weights.put(
          "text_decoder.cls.predictions.decoder.bias",
          file.tensor("text_decoder.cls.predictions.bias"));
      dev.currywurst.weights.SafetensorsWriter.write(
          temporary.resolve("model.safetensors"), weights);
    }
    JsonNode one = cases.path("cases").get(0);
    try (BlipCaptioner copy = BlipCaptioner.load(temporary)) {
      assertThat(copy.tokens(picture(one), "", new CaptionSearch(1, 12, 1)))
          .isEqualTo(tokens(one.path("greedy")));
    }
  }

  @Test
  void keepsNothingInMemory() {
    Image picture = picture(cases.path("cases").get(0));
    captioner.caption(picture, "a cat", CaptionSearch.DEFAULT);
    long before = Scope.liveTensors();
    captioner.caption(picture, "a cat", CaptionSearch.DEFAULT);
    assertThat(Scope.liveTensors()).isCloseTo(before, within(0L));
  }

  @Test
  void preparesPicturesAsItsFileSays() throws IOException {
    String text = Files.readString(FOLDER.resolve("preprocessor_config.json"));
    Image picture = picture(cases.path("cases").get(0));
    try (Scope scope = Scope.open()) {
      Tensor bilinear = prepared(text.replace("\"resample\": 3", "\"resample\": 2"), picture);
      assertThat(bilinear.minus(prepared(text, picture)).abs().max().item()).isGreaterThan(0.01);
      for (String[] wrong :
          new String[][] {
            {"\"do_resize\": true", "\"do_resize\": false", "do_resize is false"},
            {"\"do_normalize\": true", "\"do_normalize\": false", "do_normalize is false"},
            {"0.00392156862745098", "1.0", "rescale_factor is 1.0"},
            {"\"height\": 32", "\"height\": 48", "is no square"},
            {"\"height\": 32,\n    \"width\": 32", "\"height\": 48, \"width\": 48", "32 pixels"},
            {"0.40821073", "0.4, 0.4", "three numbers"}
          }) {
        String changed = text.replace(wrong[0], wrong[1]);
        assertThat(changed).isNotEqualTo(text);
        assertThatThrownBy(() -> prepared(changed, picture))
            .as(wrong[1])
            .isInstanceOf(CurrywurstException.class)
            .hasMessageContaining(wrong[2]);
      }
    }
  }

  private Tensor prepared(String text, Image picture) throws IOException {
    Path file = Files.writeString(temporary.resolve("preprocessor_config.json"), text);
    return BlipPreprocessing.read(ConfigFile.read(file), 32).apply(picture);
  }
}
