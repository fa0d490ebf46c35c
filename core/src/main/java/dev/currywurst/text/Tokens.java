package dev.currywurst.text;

import java.util.List;

/**
 * Prompts as a text tower takes them: rows of ids, all of the same length. A row is the begin
 * token, the prompt, the end token and then padding.
 *
 * @param length tokens in each row
 * @param rows one for each prompt, in their order
 */
public record Tokens(int length, List<Row> rows) {

  /**
   * One prompt.
   *
   * @param ids {@code length} of them, with begin, end and padding
   * @param used how many of the ids are not padding
   * @param cutOff the end of the prompt that found no room, as the tokenizer reads it (in lower
   *     case, spaces around punctuation); empty if all of the prompt is in the row
   */
  public record Row(List<Integer> ids, int used, String cutOff) {
    public Row {
      ids = List.copyOf(ids);
      if (used < 0 || used > ids.size()) {
        throw new IllegalArgumentException(
            "a row of " + ids.size() + " tokens cannot use " + used + " of them");
      }
    }
  }

  public Tokens {
    rows = List.copyOf(rows);
    for (Row row : rows) {
      if (row.ids.size() != length) {
        throw new IllegalArgumentException(
            "a row of " + row.ids.size() + " tokens among rows of " + length);
      }
    }
  }

  /** The number of prompts. */
  public int batch() {
    return rows.size();
  }

  /** All ids, row after row: the shape is {@code [batch, length]}. */
  public int[] ids() {
    return rows.stream().flatMap(row -> row.ids.stream()).mapToInt(Integer::intValue).toArray();
  }

  /** 1 for what a prompt uses (begin and end too), 0 for padding: {@code [batch, length]}. */
  public int[] mask() {
    int[] mask = new int[batch() * length];
    for (int row = 0; row < batch(); row++) {
      for (int i = 0; i < rows.get(row).used; i++) {
        mask[row * length + i] = 1;
      }
    }
    return mask;
  }
}
