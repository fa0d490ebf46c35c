package dev.currywurst.text;

import dev.currywurst.tensor.CurrywurstException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * CLIP's tokenizer: prompts to ids and back. It gives the ids of transformers' {@code
 * CLIPTokenizer} (5.23 on tokenizers 0.23) for any text, on any JDK. Immutable; safe for use by
 * several threads.
 *
 * <p>A char that is half of a surrogate pair, which no UTF-8 text can hold, counts as "?".
 */
public final class ClipTokenizer {
  private final TokenizerModel model;
  private final AddedTokenSearch inRawText;
  private final AddedTokenSearch inNormalizedText;
  private final BytePairEncoding words;
  private final Map<Integer, String> contents = new HashMap<>();
  private final int vocabularySize;
  private final int beginId;
  private final int endId;
  private final int padId;

  ClipTokenizer(TokenizerModel model) {
    this.model = model;
    Map<AddedToken, Integer> raw = new HashMap<>();
    Map<AddedToken, Integer> normalized = new HashMap<>();
    model.added().forEach((id, token) -> (token.normalized() ? normalized : raw).put(token, id));
    this.inRawText = new AddedTokenSearch(raw, UnaryOperator.identity());
    this.inNormalizedText = new AddedTokenSearch(normalized, TextNormalizer::normalize);
    this.words = new BytePairEncoding(model.vocabulary(), model.merges(), model.roles().unknown());
    model.vocabulary().forEach((content, id) -> contents.put(id, content));
    model.added().forEach((id, token) -> contents.put(id, spelling(token)));
    this.vocabularySize = Collections.max(contents.keySet()) + 1;
    this.beginId = model.idOf(model.roles().begin());
    this.endId = model.idOf(model.roles().end());
    this.padId = model.idOf(model.roles().pad());
  }

  /**
   * Reads the folder {@code tokenizer/} of a published model: {@code tokenizer.json}, or {@code
   * vocab.json} with {@code merges.txt}; if there, also {@code tokenizer_config.json}, {@code
   * special_tokens_map.json} and {@code added_tokens.json}. Where both kinds are there, {@code
   * tokenizer.json} counts, as in the reference.
   *
   * @throws CurrywurstException if a file is missing, broken or contradicts another
   */
  public static ClipTokenizer load(Path folder) {
    return new ClipTokenizer(TokenizerFolder.read(folder));
  }

  /**
   * Makes a tokenizer with a vocabulary of its own, for small models: the 256 bytes, each within
   * and at the end of a word, then one symbol for each merge, then {@code <|startoftext|>} and
   * {@code <|endoftext|>}, which also pads. The same texts give the same tokenizer.
   *
   * @param texts captions like those the model will see, each looked at once
   * @param merges how many pairs to join at most; fewer if no pair occurs twice any more
   * @param maxLength tokens in a row, with those of begin and end; CLIP has 77
   * @throws CurrywurstException if {@code merges} is negative or {@code maxLength} below 3
   */
  public static ClipTokenizer train(Iterable<String> texts, int merges, int maxLength) {
    return new ClipTokenizer(BytePairTraining.train(texts, merges, maxLength));
  }

  /**
   * Writes {@code vocab.json}, {@code merges.txt}, {@code tokenizer_config.json} and {@code
   * special_tokens_map.json}, which transformers reads as the same tokenizer.
   *
   * @throws CurrywurstException if the folder cannot be written or holds a {@code tokenizer.json},
   *     which readers would take instead
   */
  public void save(Path folder) {
    TokenizerFolder.write(folder, model);
  }

  /** Prompts as rows of {@link #maxLength()} ids; what is too long is cut off and reported. */
  public Tokens encode(List<String> prompts) {
    return new Tokens(maxLength(), prompts.stream().map(this::row).toList());
  }

  /** The ids of a text alone: no begin, no end, no padding, nothing cut off. */
  public int[] ids(String text) {
    List<int[]> parts = new ArrayList<>();
    for (AddedTokenSearch.Piece piece : inRawText.split(text)) {
      if (piece.id() != null) {
        parts.add(new int[] {piece.id()});
        continue;
      }
      for (AddedTokenSearch.Piece part :
          inNormalizedText.split(TextNormalizer.normalize(piece.text()))) {
        if (part.id() != null) {
          parts.add(new int[] {part.id()});
        } else {
          WordSplitter.split(part.text()).forEach(word -> parts.add(words.ids(word)));
        }
      }
    }
    return parts.stream().flatMapToInt(Arrays::stream).toArray();
  }

  /**
   * The text of ids: in lower case, each word followed by a space (the ids do not say more). Half
   * characters, which a cut can leave, become U+FFFD.
   *
   * @throws CurrywurstException if the vocabulary does not hold one of the ids
   */
  public String decode(int... ids) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int id : ids) {
      String content = contents.get(id);
      if (content == null) {
        throw new CurrywurstException(
            "The id %d is not in the tokenizer's vocabulary, whose ids end at %d."
                .formatted(id, vocabularySize - 1));
      }
      bytes.writeBytes(bytesOf(content));
    }
    return bytes
        .toString(StandardCharsets.UTF_8)
        .replace(BytePairEncoding.END_OF_WORD, " ")
        .strip();
  }

  /** One more than the greatest id: the rows that the tower's token embedding needs. */
  public int vocabularySize() {
    return vocabularySize;
  }

  /** Tokens in a row, begin and end included; 77 for CLIP. */
  public int maxLength() {
    return model.maxLength();
  }

  /** Begins each row: {@code <|startoftext|>}. */
  public int beginId() {
    return beginId;
  }

  /** Ends each prompt: {@code <|endoftext|>}, where CLIP's tower takes its pooled output. */
  public int endId() {
    return endId;
  }

  /** Fills rows: mostly the end token, "!" (id 0) in SDXL's second tokenizer. */
  public int padId() {
    return padId;
  }

  private Tokens.Row row(String prompt) {
    int[] ids = ids(prompt);
    int kept = Math.min(ids.length, maxLength() - 2);
    int[] row = new int[maxLength()];
    Arrays.fill(row, padId);
    row[0] = beginId;
    System.arraycopy(ids, 0, row, 1, kept);
    row[kept + 1] = endId;
    return new Tokens.Row(
        Arrays.stream(row).boxed().toList(),
        kept + 2,
        decode(Arrays.copyOfRange(ids, kept, ids.length)));
  }

  /** The reference gives a token that it looks for in normalised text back in that form. */
  private static String spelling(AddedToken token) {
    return token.normalized() ? TextNormalizer.normalize(token.content()) : token.content();
  }

  private static byte[] bytesOf(String content) {
    byte[] bytes = new byte[content.length()];
    for (int i = 0; i < bytes.length; i++) {
      int b = ByteAlphabet.byteOf(content.charAt(i));
      if (b < 0) {
        // Only added tokens hold other characters; they stand for themselves.
        return content.getBytes(StandardCharsets.UTF_8);
      }
      bytes[i] = (byte) b;
    }
    return bytes;
  }
}
