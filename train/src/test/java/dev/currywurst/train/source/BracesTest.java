package dev.currywurst.train.source;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BracesTest {
  @Test
  void expandAsInAShell() {
    assertThat(Braces.expand("a{08..11}.tar"))
        .containsExactly("a08.tar", "a09.tar", "a10.tar", "a11.tar");
    assertThat(Braces.expand("{x,y}{0..1}")).containsExactly("x0", "x1", "y0", "y1");
    assertThat(Braces.expand("no {group} here")).containsExactly("no {group} here");
  }
}
