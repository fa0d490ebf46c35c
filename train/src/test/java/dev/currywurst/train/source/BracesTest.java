package dev.currywurst.train.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BracesTest {
  @Test
  void expandAsInAShell() {
    assertThat(Braces.expand("a{08..11}.tar"))
        .containsExactly("a08.tar", "a09.tar", "a10.tar", "a11.tar");
    assertThat(Braces.expand("{x,y}{0..1}")).containsExactly("x0", "x1", "y0", "y1");
    assertThat(Braces.expand("no {group} here")).containsExactly("no {group} here");
  }

  @Test
  void theCacheLiesWhereItsUserWantsIt() {
    Path home = Path.of("home");
    assertThat(CacheFolder.of(Map.of(), home)).isEqualTo(Path.of("home/.cache/currywurst"));
    assertThat(CacheFolder.of(Map.of("XDG_CACHE_HOME", "x"), home))
        .isEqualTo(Path.of("x/currywurst"));
    assertThat(CacheFolder.of(Map.of("CURRYWURST_CACHE", "c", "XDG_CACHE_HOME", "x"), home))
        .isEqualTo(Path.of("c"));
  }
}
