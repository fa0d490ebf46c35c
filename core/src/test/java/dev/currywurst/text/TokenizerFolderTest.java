package dev.currywurst.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.tensor.CurrywurstException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokenizerFolderTest {
  @TempDir private Path folder;

  @BeforeEach
  void aSmallTokenizer() throws IOException {
    write(
        "vocab.json",
        "{\"a\": 0, \"a</w>\": 1, \"aa</w>\": 2, \"<|startoftext|>\": 3, \"<|endoftext|>\": 4}");
    write("merges.txt", "#version: 0.2\na a</w>\n");
  }

  @Test
  void readsVocabularyAndMerges() {
    ClipTokenizer tokenizer = ClipTokenizer.load(folder);

    assertThat(tokenizer.ids("a aa AAA")).containsExactly(1, 2, 0, 2);
    assertThat(tokenizer.vocabularySize()).isEqualTo(5);
  }

  @Test
  void aByteOutsideTheVocabularyIsTheUnknownToken() {
    assertThat(ClipTokenizer.load(folder).ids("ab")).containsExactly(0, 4);
  }

  @Test
  void withoutAnUnknownTokenSuchAByteIsAnError() throws IOException {
    write("tokenizer_config.json", "{\"unk_token\": \"<|none|>\"}");

    assertThatThrownBy(() -> ClipTokenizer.load(folder).ids("a ab"))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage(
            "The tokenizer's vocabulary holds neither the symbol b</w> for a part of 'ab' nor an unknown token; use the vocabulary that the model was trained with.");
  }

  @ParameterizedTest
  @ValueSource(strings = {"strings", "pairs"})
  void tokenizerJsonAloneIsEnough(String form) throws IOException {
    ObjectNode tokenizer = tokenizerJson(ReferenceCases.published(), form.equals("pairs"));
    Files.delete(folder.resolve("vocab.json"));
    Files.delete(folder.resolve("merges.txt"));
    write("tokenizer.json", tokenizer.toString());

    ClipTokenizer unified = ClipTokenizer.load(folder);

    assertThat(unified.maxLength()).isEqualTo(77);
    for (ReferenceCases.Case text : ReferenceCases.group("published").cases()) {
      assertThat(unified.ids(text.text()))
          .as(text.text())
          .containsExactly(text.ids().stream().mapToInt(Integer::intValue).toArray());
    }
  }

  @Test
  void tokenizerJsonWinsOverTheOlderFiles() throws IOException {
    write(
        "tokenizer.json",
        """
        {"model": {"type": "BPE", "vocab": {"a": 5, "a</w>": 6, "<|startoftext|>": 7, "<|endoftext|>": 8},
                   "merges": []},
         "added_tokens": [{"id": 8, "content": "<|endoftext|>", "normalized": true, "special": true}]}
        """);

    ClipTokenizer tokenizer = ClipTokenizer.load(folder);

    assertThat(tokenizer.ids("aa")).containsExactly(5, 6);
    assertThat(tokenizer.ids("<|ENDOFTEXT|>")).containsExactly(8);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "{}; 77",
        "{\"model_max_length\": null}; 77",
        "{\"model_max_length\": 1000000000000000019884624838656}; 77",
        "{\"model_max_length\": 1e30}; 77",
        "{\"model_max_length\": 32}; 32",
      })
  void aLengthThatIsMissingOrHugeIsClips(String config, int length) throws IOException {
    write("tokenizer_config.json", config);

    assertThat(ClipTokenizer.load(folder).maxLength()).isEqualTo(length);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "\"a\"; 0",
        "{\"content\": \"a\"}; 0",
        "{\"__type\": \"AddedToken\", \"content\": \"a\", \"normalized\": true}; 0",
        "null; 4",
      })
  void thePaddingTokenIsAStringOrAnObject(String token, int id) throws IOException {
    write("tokenizer_config.json", "{\"pad_token\": %s}".formatted(token));

    assertThat(ClipTokenizer.load(folder).padId()).isEqualTo(id);
  }

  static Stream<List<String>> brokenFiles() {
    return Stream.of(
        List.of(
            "vocab.json",
            "{\"a\": 0,\n \"b\"",
            "vocab.json is not valid JSON (line 2, column 5: Unexpected end-of-input within/between Object entries); fetch the file again."),
        List.of(
            "vocab.json",
            "{\"a\": 1",
            "vocab.json is not valid JSON (line 1, column 8: Unexpected end-of-input: expected close marker for Object); fetch the file again."),
        List.of(
            "vocab.json",
            "[]",
            "vocab.json must hold one JSON object in braces; fetch the file again."),
        List.of(
            "vocab.json",
            "",
            "vocab.json must hold one JSON object in braces; fetch the file again."),
        List.of(
            "vocab.json",
            "{\"a\": -1}",
            "vocab.json gives the token 'a' the id -1; ids are whole numbers from 0."),
        List.of(
            "vocab.json",
            "{\"a\": 1.5}",
            "vocab.json gives the token 'a' the id 1.5; ids are whole numbers from 0."),
        List.of(
            "merges.txt",
            "#version: 0.2\na a</w>\na\n",
            "merges.txt, line 3: 'a' is not a merge; it must be two symbols with one space between them."),
        List.of(
            "merges.txt",
            "a  a\n",
            "merges.txt, line 1: 'a  a' is not a merge; it must be two symbols with one space between them."),
        List.of(
            "merges.txt",
            "a a</w>\na b\n",
            "merges.txt, line 2: 'b' is not in the vocabulary; merges and vocabulary must come from the same tokenizer."),
        List.of(
            "tokenizer_config.json",
            "{\"pad_token\": 3}",
            "tokenizer_config.json describes a token as 3; it must be a string or an object with a \"content\"."),
        List.of(
            "tokenizer_config.json",
            "{\"pad_token\": \"\"}",
            "tokenizer_config.json describes a token as \"\"; it must be a string or an object with a \"content\"."),
        List.of(
            "tokenizer_config.json",
            "{\"model_max_length\": \"long\"}",
            "tokenizer_config.json: \"model_max_length\" is \"long\"; it must be a whole number, 77 for CLIP."),
        List.of(
            "tokenizer_config.json",
            "{\"model_max_length\": 2}",
            "tokenizer_config.json: \"model_max_length\" is 2; a row needs at least 3 tokens: begin, one of the prompt, and end."),
        List.of(
            "tokenizer_config.json",
            "{\"padding_side\": \"left\"}",
            "tokenizer_config.json: \"padding_side\" is \"left\"; CLIP's towers are trained with rows that begin on the left, so only \"right\" is supported."),
        List.of(
            "tokenizer_config.json",
            "{\"added_tokens_decoder\": []}",
            "tokenizer_config.json has no object \"added_tokens_decoder\"; fetch the file again."),
        List.of(
            "tokenizer_config.json",
            "{\"added_tokens_decoder\": {\"x\": {\"content\": \"<cat>\"}}}",
            "tokenizer_config.json gives the token '<cat>' the id \"x\" in \"added_tokens_decoder\"; ids are whole numbers."),
        List.of(
            "added_tokens.json",
            "{\"<cat>\": \"x\"}",
            "added_tokens.json gives the token '<cat>' the id \"x\"; ids are whole numbers from 0."),
        List.of(
            "tokenizer.json",
            "{}",
            "tokenizer.json has no object \"model\"; fetch the file again."),
        List.of(
            "tokenizer.json",
            "{\"model\": {\"type\": \"WordPiece\", \"vocab\": {}}}",
            "tokenizer.json is a tokenizer of the type \"WordPiece\"; CLIP's is BPE."),
        List.of(
            "tokenizer.json",
            "{\"model\": {\"vocab\": {\"a\": 0}}}",
            "tokenizer.json has no array \"model.merges\"; fetch the file again."),
        List.of(
            "tokenizer.json",
            "{\"model\": {\"vocab\": {\"a\": 0}, \"merges\": [[\"a\", \"a\", \"a\"]]}}",
            "tokenizer.json, merge 1: 'a a a' is not a merge; it must be two symbols with one space between them."));
  }

  @ParameterizedTest
  @MethodSource("brokenFiles")
  void aBrokenFileIsToldInOneSentence(List<String> broken) throws IOException {
    write(broken.get(0), broken.get(1));

    assertThatThrownBy(() -> ClipTokenizer.load(folder))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage(folder + File.separator + broken.get(2));
  }

  @Test
  void aFileThatIsNotTextIsToldSo() throws IOException {
    Files.write(folder.resolve("merges.txt"), new byte[] {'a', ' ', (byte) 0xFF, '\n'});

    assertThatThrownBy(() -> ClipTokenizer.load(folder))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage(
            "%s is not UTF-8 text; fetch the file again.".formatted(folder.resolve("merges.txt")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"vocab.json", "merges.txt"})
  void aMissingFileIsNamed(String missing) throws IOException {
    Files.delete(folder.resolve(missing));

    assertThatThrownBy(() -> ClipTokenizer.load(folder))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage(
            "%s holds no %s; a tokenizer needs tokenizer.json, or vocab.json with merges.txt."
                .formatted(folder, missing));
  }

  @Test
  void aMissingFolderIsNamed() {
    Path missing = folder.resolve("tokenizer");

    assertThatThrownBy(() -> ClipTokenizer.load(missing))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage(
            "There is no tokenizer folder %s; a model's folder holds one named tokenizer."
                .formatted(missing));
  }

  @Test
  void savingWritesFourFilesAndNothingElse(@TempDir Path parent) throws IOException {
    Path saved = parent.resolve("model/tokenizer");

    ClipTokenizer.load(folder).save(saved);

    try (Stream<Path> files = Files.list(saved)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder(
              "vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json");
    }
    assertThat(saved.resolve("merges.txt")).hasContent("#version: 0.2\na a</w>\n");
  }

  @Test
  void savingBesideATokenizerJsonIsRefused() throws IOException {
    ClipTokenizer tokenizer = ClipTokenizer.load(folder);
    write("tokenizer.json", "{}");

    assertThatThrownBy(() -> tokenizer.save(folder))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage(
            "%s is there already and would be read instead of what is to be saved; save into another folder or delete it."
                .formatted(folder.resolve("tokenizer.json")));
  }

  @Test
  void savingWhereAFileIsInTheWayIsToldInOneSentence() {
    Path file = folder.resolve("vocab.json");

    assertThatThrownBy(() -> ClipTokenizer.load(folder).save(file))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageStartingWith("The folder %s for the tokenizer cannot be made (".formatted(file));
  }

  private void write(String file, String text) throws IOException {
    Files.writeString(folder.resolve(file), text);
  }

  private static ObjectNode tokenizerJson(Path source, boolean pairs) throws IOException {
    ObjectNode tokenizer = ReferenceCases.JSON.createObjectNode();
    ArrayNode added = tokenizer.putArray("added_tokens");
    int id = 49406;
    for (String content : List.of("<|startoftext|>", "<|endoftext|>")) {
      added
          .addObject()
          .put("id", id++)
          .put("content", content)
          .put("normalized", false)
          .put("special", true);
    }
    ObjectNode model = tokenizer.putObject("model").put("type", "BPE");
    JsonNode vocabulary = ReferenceCases.JSON.readTree(source.resolve("vocab.json").toFile());
    model.set("vocab", vocabulary);
    ArrayNode merges = model.putArray("merges");
    for (String line : Files.readAllLines(source.resolve("merges.txt"))) {
      if (!line.startsWith("#version")) {
        if (pairs) {
          String[] pair = line.split(" ", -1);
          merges.addArray().add(pair[0]).add(pair[1]);
        } else {
          merges.add(line);
        }
      }
    }
    return tokenizer;
  }
}
