package dev.currywurst.text;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.weights.ConfigFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * BERT's tokenizer (Devlin et al. 2018): words in lower case without accents, cut into the longest
 * pieces that {@code vocab.txt} knows; a piece inside a word begins with {@code ##}. {@code
 * BertTokenizer} in transformers.
 */
public final class BertTokenizer {
  private static final String FILE = "vocab.txt";
  private static final String CONFIG = "tokenizer_config.json";
  private static final String INSIDE = "##";
  private static final String UNKNOWN = "[UNK]";
  private static final int LONGEST_WORD = 100;
  private static final int REPLACEMENT = 0xfffd;

  /** Tokens that are no text. */
  private static final Set<String> SPECIAL =
      Set.of(UNKNOWN, "[PAD]", "[CLS]", "[SEP]", "[MASK]", "[DEC]", "[ENC]");

  /** Marks that follow a word without a blank. */
  private static final Set<String> CLOSING = Set.of(".", ",", "?", "!");

  private final List<String> pieces;
  private final Map<String, Integer> ids = new HashMap<>();
  private final boolean lowerCase;
  private final int unknownId;

  private BertTokenizer(List<String> pieces, boolean lowerCase, String origin) {
    this.pieces = List.copyOf(pieces);
    this.lowerCase = lowerCase;
    for (int i = 0; i < pieces.size(); i++) {
      ids.put(pieces.get(i), i);
    }
    Integer unknown = ids.get(UNKNOWN);
    if (unknown == null) {
      throw new CurrywurstException(origin + " has no " + UNKNOWN + "; it is of no BERT.");
    }
    this.unknownId = unknown;
  }

  /**
   * Reads {@code vocab.txt} and, if it is there, {@code tokenizer_config.json} of a folder.
   *
   * @throws CurrywurstException if the vocabulary is missing or broken
   */
  public static BertTokenizer load(Path folder) {
    Path file = folder.resolve(FILE);
    Path config = folder.resolve(CONFIG);
    try {
      boolean lowerCase =
          !Files.isRegularFile(config)
              || ConfigFile.read(config).booleanValue(true, "do_lower_case");
      return new BertTokenizer(Files.readAllLines(file), lowerCase, file.toString());
    } catch (NoSuchFileException e) {
      throw new CurrywurstException(
          file + " is missing; BLIP's vocabulary lies beside its weights.", e);
    } catch (IOException e) {
      throw new CurrywurstException(file + " cannot be read: " + e.getMessage() + ".", e);
    }
  }

  /** The tokens of a text, without those that BERT puts around it. */
  public List<Integer> ids(String text) {
    List<Integer> tokens = new ArrayList<>();
    for (String word : words(normalized(text))) {
      tokens.addAll(pieces(word));
    }
    return tokens;
  }

  /** The text of tokens; special ones and those beyond the vocabulary are left out. */
  public String decode(List<Integer> tokens) {
    StringBuilder text = new StringBuilder();
    for (int token : tokens) {
      String piece = token >= 0 && token < pieces.size() ? pieces.get(token) : UNKNOWN;
      if (SPECIAL.contains(piece)) {
        continue;
      }
      if (piece.startsWith(INSIDE) && !text.isEmpty()) {
        text.append(piece, INSIDE.length(), piece.length());
      } else {
        text.append(text.isEmpty() || CLOSING.contains(piece) ? "" : " ").append(piece);
      }
    }
    return text.toString();
  }

  /** Blanks for blanks of all kinds, no control characters, and no accents in lower case. */
  private String normalized(String text) {
    StringBuilder clean = new StringBuilder();
    text.codePoints()
        .forEach(
            c -> {
              if (UnicodeTables.isSpace(c)) {
                clean.append(' ');
              } else if (isChinese(c)) {
                clean.append(' ').appendCodePoint(c).append(' ');
              } else if (c != REPLACEMENT && !isControl(c)) {
                clean.appendCodePoint(c);
              }
            });
    if (!lowerCase) {
      return clean.toString();
    }
    StringBuilder plain = new StringBuilder();
    Normalizer.normalize(clean, Normalizer.Form.NFD)
        .codePoints()
        .filter(c -> Character.getType(c) != Character.NON_SPACING_MARK)
        .forEach(c -> plain.appendCodePoint(UnicodeTables.lowerCase(c)));
    return plain.toString();
  }

  private static boolean isControl(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.UNASSIGNED,
          Character.PRIVATE_USE,
          Character.SURROGATE ->
          true;
      default -> false;
    };
  }

  /** The blocks that BERT takes for words of one character. */
  private static boolean isChinese(int c) {
    return (c >= 0x4e00 && c <= 0x9fff)
        || (c >= 0x3400 && c <= 0x4dbf)
        || (c >= 0x20000 && c <= 0x2a6df)
        || (c >= 0x2a700 && c <= 0x2ceaf)
        || (c >= 0xf900 && c <= 0xfaff)
        || (c >= 0x2f800 && c <= 0x2fa1f);
  }

  /** Between blanks, and each punctuation mark by itself. */
  private static List<String> words(String text) {
    List<String> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    text.codePoints()
        .forEach(
            c -> {
              boolean mark = isPunctuation(c);
              if ((c == ' ' || mark) && !word.isEmpty()) {
                words.add(word.toString());
                word.setLength(0);
              }
              if (mark) {
                words.add(Character.toString(c));
              } else if (c != ' ') {
                word.appendCodePoint(c);
              }
            });
    if (!word.isEmpty()) {
      words.add(word.toString());
    }
    return words;
  }

  private static boolean isPunctuation(int c) {
    boolean ascii =
        (c >= '!' && c <= '/')
            || (c >= ':' && c <= '@')
            || (c >= '[' && c <= '`')
            || (c >= '{' && c <= '~');
    return ascii
        || switch (Character.getType(c)) {
          case Character.CONNECTOR_PUNCTUATION,
              Character.DASH_PUNCTUATION,
              Character.START_PUNCTUATION,
              Character.END_PUNCTUATION,
              Character.INITIAL_QUOTE_PUNCTUATION,
              Character.FINAL_QUOTE_PUNCTUATION,
              Character.OTHER_PUNCTUATION ->
              true;
          default -> false;
        };
  }

  /** The longest piece from the left, again and again; a word with a gap is unknown as a whole. */
  private List<Integer> pieces(String word) {
    if (word.codePointCount(0, word.length()) > LONGEST_WORD) {
      return List.of(unknownId);
    }
    List<Integer> found = new ArrayList<>();
    int start = 0;
    while (start < word.length()) {
      String prefix = start == 0 ? "" : INSIDE;
      int end = word.length();
      Integer id = ids.get(prefix + word.substring(start, end));
      while (id == null && end > start + 1) {
        end--;
        id = ids.get(prefix + word.substring(start, end));
      }
      if (id == null) {
        return List.of(unknownId);
      }
      found.add(id);
      start = end;
    }
    return found;
  }
}
