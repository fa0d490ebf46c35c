package dev.currywurst.text;

import com.fasterxml.jackson.databind.JsonNode;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.text.TokenizerModel.Roles;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which tokens begin, end and fill a row, and which are looked for as a whole.
 *
 * <p>Folders have said this in several files over the years, and the files can disagree. Who wins
 * here is who wins in the reference ({@code PreTrainedTokenizerBase._from_pretrained}): {@code
 * added_tokens_decoder} in tokenizer_config.json makes the two older files and tokenizer.json's
 * {@code added_tokens} void; without it special_tokens_map.json overrides the config.
 */
final class SpecialTokens {
  /** CLIP's own, for folders that do not name theirs. */
  static final String START_OF_TEXT = "<|startoftext|>";

  static final String END_OF_TEXT = "<|endoftext|>";

  private static final String BEGIN = "bos_token";
  private static final String END = "eos_token";
  private static final String UNKNOWN = "unk_token";
  private static final String PAD = "pad_token";

  /**
   * The reference's SPECIAL_TOKENS_ATTRIBUTES, in its order: of two that disagree the last wins.
   */
  private static final List<String> ROLES =
      List.of(BEGIN, END, UNKNOWN, "sep_token", PAD, "cls_token", "mask_token");

  private static final String EXTRA = "extra_special_tokens";
  private static final String OLD_EXTRA = "additional_special_tokens";

  /** A token as one of the files gives it: by its name alone, or with flags. */
  private record Mention(AddedToken token, boolean plain, boolean inMap) {
    static Mention plain(String content) {
      return new Mention(AddedToken.named(content), true, false);
    }

    /** The reference compares strings with strings and tokens with tokens. */
    boolean repeats(Mention earlier) {
      return plain == earlier.plain && token.equals(earlier.token);
    }

    /** added_tokens.json is read before the reference has understood the config's objects. */
    boolean marksSpecial(String content) {
      return (plain || inMap) && token.content().equals(content);
    }
  }

  private final Map<String, Mention> roles = new HashMap<>();
  private final List<Mention> extra = new ArrayList<>();
  private final SortedMap<Integer, AddedToken> listed = new TreeMap<>();

  /**
   * @param config tokenizer_config.json
   * @param map special_tokens_map.json
   * @param addedTokens added_tokens.json: id by content
   * @param tokenizer tokenizer.json
   */
  SpecialTokens(JsonFile config, JsonFile map, JsonFile addedTokens, JsonFile tokenizer) {
    readRoles(config, false);
    readExtra(config, config.get(EXTRA) != null ? EXTRA : OLD_EXTRA, false);
    if (config.get("added_tokens_decoder") != null) {
      config
          .object("added_tokens_decoder")
          .properties()
          .forEach(entry -> readDecoderEntry(config, entry));
    } else {
      readRoles(map, true);
      readExtra(map, EXTRA, true);
      if (extra.isEmpty()) {
        readExtra(map, OLD_EXTRA, true);
      }
      addedTokens.root().properties().forEach(entry -> readAddedToken(addedTokens, entry));
      for (JsonNode node : tokenizer.root().path("added_tokens")) {
        AddedToken token = token(tokenizer, node, false);
        listed.put(tokenizer.id(token.content(), node.path("id")), token);
      }
    }
    roles.putIfAbsent(BEGIN, Mention.plain(START_OF_TEXT));
    roles.putIfAbsent(END, Mention.plain(END_OF_TEXT));
    roles.putIfAbsent(UNKNOWN, Mention.plain(END_OF_TEXT));
    roles.putIfAbsent(PAD, Mention.plain(END_OF_TEXT));
  }

  /** Begin, end, padding and unknown. */
  Roles roles() {
    return new Roles(content(BEGIN), content(END), content(PAD), content(UNKNOWN));
  }

  /** All added tokens by id; those that {@code vocabulary} lacks get ids after its own. */
  SortedMap<Integer, AddedToken> added(Map<String, Integer> vocabulary) {
    SortedMap<Integer, AddedToken> added = new TreeMap<>();
    for (AddedToken token : inOrder()) {
      Integer id = vocabulary.get(token.content());
      for (Map.Entry<Integer, AddedToken> earlier : added.entrySet()) {
        if (earlier.getValue().content().equals(token.content())) {
          id = earlier.getKey();
        }
      }
      if (id == null) {
        int next = vocabulary.size();
        id = added.isEmpty() ? next : Math.max(next, added.lastKey() + 1);
      }
      added.put(id, token);
    }
    return added;
  }

  /** The order in which the reference adds them: a later one replaces an earlier of its content. */
  private List<AddedToken> inOrder() {
    List<String> contents = listed.values().stream().map(AddedToken::content).toList();
    List<Mention> mentions = new ArrayList<>();
    ROLES.stream().map(roles::get).forEach(mention -> mention(mention, contents, mentions));
    extra.forEach(mention -> mention(mention, contents, mentions));
    List<AddedToken> tokens = new ArrayList<>(listed.values());
    mentions.forEach(mention -> tokens.add(mention.token));
    return tokens;
  }

  private static void mention(
      @Nullable Mention mention, List<String> listed, List<Mention> mentions) {
    if (mention != null
        && !listed.contains(mention.token.content())
        && mentions.stream().noneMatch(mention::repeats)) {
      mentions.add(mention);
    }
  }

  private String content(String role) {
    return Objects.requireNonNull(roles.get(role)).token.content();
  }

  private void readRoles(JsonFile file, boolean isMap) {
    for (String role : ROLES) {
      JsonNode node = file.get(role);
      if (node != null) {
        roles.put(role, mention(file, node, isMap));
      }
    }
  }

  private void readExtra(JsonFile file, String key, boolean isMap) {
    for (JsonNode node : file.root().path(key)) {
      extra.add(mention(file, node, isMap));
    }
  }

  private static Mention mention(JsonFile file, JsonNode node, boolean isMap) {
    return node.isTextual() && !node.textValue().isEmpty()
        ? Mention.plain(node.textValue())
        : new Mention(token(file, node, isMap), false, isMap);
  }

  private void readDecoderEntry(JsonFile config, Map.Entry<String, JsonNode> entry) {
    AddedToken token = token(config, entry.getValue(), false);
    try {
      listed.put(Integer.parseInt(entry.getKey()), token);
    } catch (NumberFormatException e) {
      throw new CurrywurstException(
          "%s gives the token '%s' the id \"%s\" in \"added_tokens_decoder\"; ids are whole numbers."
              .formatted(config.path(), token.content(), entry.getKey()),
          e);
    }
  }

  private void readAddedToken(JsonFile file, Map.Entry<String, JsonNode> entry) {
    String content = entry.getKey();
    boolean special =
        Stream.concat(roles.values().stream(), extra.stream())
            .anyMatch(mention -> mention.marksSpecial(content));
    listed.put(
        file.id(content, entry.getValue()),
        new AddedToken(content, !special, false, false, false, special));
  }

  private static AddedToken token(JsonFile file, JsonNode node, boolean special) {
    JsonNode content = node.path("content");
    if (!content.isTextual() || content.textValue().isEmpty()) {
      throw new CurrywurstException(
          "%s describes a token as %s; it must be a string or an object with a \"content\"."
              .formatted(file.path(), node));
    }
    boolean isSpecial = special || node.path("special").asBoolean();
    return new AddedToken(
        content.textValue(),
        node.path("normalized").asBoolean(!isSpecial),
        node.path("lstrip").asBoolean(),
        node.path("rstrip").asBoolean(),
        node.path("single_word").asBoolean(),
        isSpecial);
  }
}
