package dev.currywurst.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TokensTest {
  private final Tokens tokens =
      new Tokens(
          4,
          List.of(
              new Tokens.Row(List.of(8, 1, 9, 9), 3, ""),
              new Tokens.Row(List.of(8, 2, 3, 9), 4, "and more")));

  @Test
  void laysRowsOutOneAfterTheOther() {
    assertThat(tokens.ids()).containsExactly(8, 1, 9, 9, 8, 2, 3, 9);
    assertThat(tokens.mask()).containsExactly(1, 1, 1, 0, 1, 1, 1, 1);
    assertThat(tokens.batch()).isEqualTo(2);
  }

  @Test
  void isNotChangedFromOutside() {
    List<Tokens.Row> rows = new ArrayList<>(tokens.rows());
    Tokens copy = new Tokens(4, rows);
    rows.clear();
    copy.ids()[0] = 7;

    assertThat(copy).isEqualTo(tokens);
  }

  @Test
  void refusesRowsThatDoNotFitTogether() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Tokens(5, tokens.rows()))
        .withMessage("a row of 4 tokens among rows of 5");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Tokens.Row(List.of(1, 2), 3, ""))
        .withMessage("a row of 2 tokens cannot use 3 of them");
  }
}
