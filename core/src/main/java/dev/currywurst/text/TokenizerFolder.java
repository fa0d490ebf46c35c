package dev.currywurst.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.text.BytePairEncoding.Merge;
import dev.currywurst.text.TokenizerModel.Roles;
import dev.currywurst.weights.AtomicFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The files in the folder {@code tokenizer/} of a diffusers model. Older folders hold vocab.json
 * and merges.txt, newer ones tokenizer.json as well or alone.
 */
final class TokenizerFolder {
  private static final String TOKENIZER = "tokenizer.json";
  private static final String VOCABULARY = "vocab.json";
  private static final String MERGES = "merges.txt";
  private static final String CONFIG = "tokenizer_config.json";
  private static final String SPECIAL_TOKENS_MAP = "special_tokens_map.json";
  private static final String ADDED_TOKENS = "added_tokens.json";

  private static final String MAX_LENGTH = "model_max_length";

  /** CLIP's towers have 77 positions; folders without a limit of their own mean this. */
  private static final int CLIP_LENGTH = 77;

  /** Above this the reference takes a length for "no limit" (it writes 1e30 for unknown). */
  private static final double NO_LIMIT = 1e20;

  static final int SHORTEST_ROW = 3;

  private TokenizerFolder() {}

  static TokenizerModel read(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new CurrywurstException(
          "There is no tokenizer folder %s; a model's folder holds one named tokenizer."
              .formatted(folder));
    }
    JsonFile tokenizer = JsonFile.readIfPresent(folder.resolve(TOKENIZER));
    boolean unified = Files.exists(tokenizer.path());
    Map<String, Integer> vocabulary;
    List<Merge> merges;
    if (unified) {
      vocabulary = vocabulary(tokenizer, bytePairVocabulary(tokenizer));
      merges = merges(tokenizer, vocabulary);
    } else {
      JsonFile file = JsonFile.read(required(folder, VOCABULARY));
      vocabulary = vocabulary(file, file.root());
      merges = merges(required(folder, MERGES), vocabulary);
    }
    JsonFile config = JsonFile.readIfPresent(folder.resolve(CONFIG));
    SpecialTokens special =
        new SpecialTokens(
            config,
            JsonFile.readIfPresent(folder.resolve(SPECIAL_TOKENS_MAP)),
            JsonFile.readIfPresent(folder.resolve(ADDED_TOKENS)),
            tokenizer);
    refuseLeft(config, "padding_side");
    refuseLeft(config, "truncation_side");
    return new TokenizerModel(
        vocabulary, merges, special.added(vocabulary), special.roles(), maxLength(config));
  }

  private static Path required(Path folder, String name) {
    Path path = folder.resolve(name);
    if (!Files.exists(path)) {
      throw new CurrywurstException(
          "%s holds no %s; a tokenizer needs tokenizer.json, or vocab.json with merges.txt."
              .formatted(folder, name));
    }
    return path;
  }

  private static JsonNode bytePairVocabulary(JsonFile tokenizer) {
    JsonNode type = tokenizer.object("model").path("type");
    if (type.isTextual() && !type.textValue().equals("BPE")) {
      throw new CurrywurstException(
          "%s is a tokenizer of the type %s; CLIP's is BPE.".formatted(tokenizer.path(), type));
    }
    return tokenizer.object("model", "vocab");
  }

  private static Map<String, Integer> vocabulary(JsonFile file, JsonNode vocabulary) {
    Map<String, Integer> ids = new HashMap<>(vocabulary.size() * 2);
    vocabulary
        .properties()
        .forEach(entry -> ids.put(entry.getKey(), file.id(entry.getKey(), entry.getValue())));
    return Collections.unmodifiableMap(ids);
  }

  private static List<Merge> merges(Path path, Map<String, Integer> vocabulary) {
    List<String> lines;
    try {
      lines = Files.readAllLines(path);
    } catch (CharacterCodingException e) {
      throw new CurrywurstException(
          "%s is not UTF-8 text; fetch the file again.".formatted(path), e);
    } catch (IOException e) {
      throw new CurrywurstException(
          "%s cannot be read (%s).".formatted(path, e.getClass().getSimpleName()), e);
    }
    List<Merge> merges = new ArrayList<>(lines.size());
    for (int i = 0; i < lines.size(); i++) {
      if (!lines.get(i).startsWith("#version")) {
        int line = i + 1;
        merges.add(merge(lines.get(i).split(" ", -1), vocabulary, () -> path + ", line " + line));
      }
    }
    return List.copyOf(merges);
  }

  /** Each either "a b" or, from tokenizers 0.20 on, ["a", "b"]. */
  private static List<Merge> merges(JsonFile tokenizer, Map<String, Integer> vocabulary) {
    JsonNode nodes = tokenizer.root().path("model").path("merges");
    if (!nodes.isArray()) {
      throw new CurrywurstException(
          "%s has no array \"model.merges\"; fetch the file again.".formatted(tokenizer.path()));
    }
    List<Merge> merges = new ArrayList<>(nodes.size());
    for (JsonNode node : nodes) {
      int number = merges.size() + 1;
      String[] pair =
          node.isTextual()
              ? node.textValue().split(" ", -1)
              : node.valueStream().map(JsonNode::asText).toArray(String[]::new);
      merges.add(merge(pair, vocabulary, () -> tokenizer.path() + ", merge " + number));
    }
    return List.copyOf(merges);
  }

  private static Merge merge(
      String[] pair, Map<String, Integer> vocabulary, Supplier<String> where) {
    if (pair.length != 2 || pair[0].isEmpty() || pair[1].isEmpty()) {
      throw new CurrywurstException(
          "%s: '%s' is not a merge; it must be two symbols with one space between them."
              .formatted(where.get(), String.join(" ", pair)));
    }
    Merge merge = new Merge(pair[0], pair[1]);
    for (String symbol : List.of(merge.left(), merge.right(), merge.joined())) {
      if (!vocabulary.containsKey(symbol)) {
        throw new CurrywurstException(
            "%s: '%s' is not in the vocabulary; merges and vocabulary must come from the same tokenizer."
                .formatted(where.get(), symbol));
      }
    }
    return merge;
  }

  private static int maxLength(JsonFile config) {
    JsonNode length = config.get(MAX_LENGTH);
    if (length == null || (length.isNumber() && length.doubleValue() > NO_LIMIT)) {
      return CLIP_LENGTH;
    }
    if (!length.canConvertToInt() || !length.isIntegralNumber()) {
      throw new CurrywurstException(
          "%s: \"%s\" is %s; it must be a whole number, 77 for CLIP."
              .formatted(config.path(), MAX_LENGTH, length));
    }
    return checkedLength("%s: \"%s\"".formatted(config.path(), MAX_LENGTH), length.intValue());
  }

  static int checkedLength(String what, int length) {
    if (length < SHORTEST_ROW) {
      throw new CurrywurstException(
          "%s is %d; a row needs at least %d tokens: begin, one of the prompt, and end."
              .formatted(what, length, SHORTEST_ROW));
    }
    return length;
  }

  private static void refuseLeft(JsonFile config, String key) {
    JsonNode side = config.get(key);
    if (side != null && !side.asText().equals("right")) {
      throw new CurrywurstException(
          "%s: \"%s\" is %s; CLIP's towers are trained with rows that begin on the left, so only \"right\" is supported."
              .formatted(config.path(), key, side));
    }
  }

  static void write(Path folder, TokenizerModel model) {
    Path unified = folder.resolve(TOKENIZER);
    if (Files.exists(unified)) {
      throw new CurrywurstException(
          "%s is there already and would be read instead of what is to be saved; save into another folder or delete it."
              .formatted(unified));
    }
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new CurrywurstException(
          "The folder %s for the tokenizer cannot be made (%s)."
              .formatted(folder, e.getClass().getSimpleName()),
          e);
    }
    write(folder.resolve(VOCABULARY), vocabulary(model).toString());
    write(folder.resolve(MERGES), merges(model));
    write(folder.resolve(CONFIG), config(model).toPrettyString() + "\n");
    ObjectNode roles = roles(model, JsonNodeFactory.instance.objectNode());
    write(folder.resolve(SPECIAL_TOKENS_MAP), roles.toPrettyString() + "\n");
  }

  private static void write(Path path, String text) {
    AtomicFile.write(
        path,
        channel -> {
          ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
          while (bytes.hasRemaining()) {
            channel.write(bytes);
          }
        });
  }

  private static ObjectNode vocabulary(TokenizerModel model) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    model.vocabulary().entrySet().stream()
        .sorted(Map.Entry.comparingByValue())
        .forEach(entry -> node.put(entry.getKey(), entry.getValue()));
    return node;
  }

  private static String merges(TokenizerModel model) {
    StringBuilder text = new StringBuilder("#version: 0.2\n");
    model
        .merges()
        .forEach(merge -> text.append(merge.left()).append(' ').append(merge.right()).append('\n'));
    return text.toString();
  }

  private static ObjectNode config(TokenizerModel model) {
    ObjectNode config = JsonNodeFactory.instance.objectNode();
    ObjectNode added = config.putObject("added_tokens_decoder");
    model
        .added()
        .forEach(
            (id, token) ->
                added
                    .putObject(id.toString())
                    .put("content", token.content())
                    .put("lstrip", token.leftStrip())
                    .put("normalized", token.normalized())
                    .put("rstrip", token.rightStrip())
                    .put("single_word", token.singleWord())
                    .put("special", token.special()));
    return roles(model, config)
        .put(MAX_LENGTH, model.maxLength())
        .put("tokenizer_class", "CLIPTokenizer");
  }

  private static ObjectNode roles(TokenizerModel model, ObjectNode node) {
    Roles roles = model.roles();
    return node.put("bos_token", roles.begin())
        .put("eos_token", roles.end())
        .put("pad_token", roles.pad())
        .put("unk_token", roles.unknown());
  }
}
