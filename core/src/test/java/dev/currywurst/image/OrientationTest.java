package dev.currywurst.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OrientationTest {
  /** Rows "abc" and "def", told apart by their blue. */
  private static final RgbaImage LETTERS =
      RgbaImage.of(3, 2, new int[] {'a', 'b', 'c', 'd', 'e', 'f'});

  private static byte[] exif(ByteOrder order, int value) {
    ByteBuffer tiff = ByteBuffer.allocate(40).order(order);
    tiff.put(order == ByteOrder.LITTLE_ENDIAN ? (byte) 'I' : (byte) 'M');
    tiff.put(tiff.get(0)).putShort((short) 42).putInt(8);
    tiff.putShort((short) 2);
    tiff.putShort((short) 0x010f).putShort((short) 2).putInt(1).putInt(0);
    tiff.putShort((short) 0x0112).putShort((short) 3).putInt(1).putShort((short) value);
    return tiff.array();
  }

  private static String rows(RgbaImage image) {
    StringBuilder rows = new StringBuilder();
    for (int y = 0; y < image.height(); y++) {
      rows.append(y == 0 ? "" : "/");
      for (int x = 0; x < image.width(); x++) {
        rows.append((char) image.at(x, y));
      }
    }
    return rows.toString();
  }

  @ParameterizedTest
  @CsvSource({
    "1, abc/def",
    "2, cba/fed",
    "3, fed/cba",
    "4, def/abc",
    "5, ad/be/cf",
    "6, da/eb/fc",
    "7, fc/eb/da",
    "8, cf/be/ad",
    "0, abc/def",
    "9, abc/def"
  })
  void turnsAsExifSays(int value, String expected) {
    for (ByteOrder order : new ByteOrder[] {ByteOrder.BIG_ENDIAN, ByteOrder.LITTLE_ENDIAN}) {
      Orientation orientation = Orientation.ofExif(exif(order, value));
      assertThat(rows(orientation.apply(LETTERS))).isEqualTo(expected);
    }
  }

  @Test
  void brokenExifTurnsNothing() {
    byte[] whole = exif(ByteOrder.BIG_ENDIAN, 6);
    for (int length = 0; length < 32; length++) {
      byte[] cut = java.util.Arrays.copyOf(whole, length);
      assertThat(Orientation.ofExif(cut)).isEqualTo(Orientation.TOP_LEFT);
    }
    byte[] farDirectory = whole.clone();
    ByteBuffer.wrap(farDirectory).putInt(4, Integer.MAX_VALUE);
    assertThat(Orientation.ofExif(farDirectory)).isEqualTo(Orientation.TOP_LEFT);
  }
}
