package dev.currywurst.image;

import com.twelvemonkeys.imageio.metadata.jpeg.JPEG;
import com.twelvemonkeys.imageio.metadata.jpeg.JPEGSegment;
import com.twelvemonkeys.imageio.metadata.jpeg.JPEGSegmentUtil;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.imageio.stream.ImageInputStream;

/** What the decoder has to know of a JPEG file that its pixels do not tell. */
final class JpegHeader {
  private static final String EXIF = "Exif";
  private static final String ADOBE = "Adobe";

  /** After the identifier's six bytes: the TIFF header. */
  private static final int EXIF_BLOCK = 6;

  /** Where Adobe's segment tells the colour transform, of which 2 is YCCK. */
  private static final int ADOBE_TRANSFORM = 11;

  /** Where a frame header counts its components, after precision, height and width. */
  private static final int FRAME_COMPONENTS = 5;

  private static final List<Integer> FRAMES =
      List.of(
          JPEG.SOF0,
          JPEG.SOF1,
          JPEG.SOF2,
          JPEG.SOF3,
          JPEG.SOF5,
          JPEG.SOF6,
          JPEG.SOF7,
          JPEG.SOF9,
          JPEG.SOF10,
          JPEG.SOF11,
          JPEG.SOF13,
          JPEG.SOF14,
          JPEG.SOF15);

  private int components;
  private boolean ycck;
  private byte[] exif = new byte[0];

  private JpegHeader() {}

  static JpegHeader of(ImageInputStream file) throws IOException {
    Map<Integer, List<String>> wanted = new HashMap<>();
    wanted.put(JPEG.APP1, List.of(EXIF));
    wanted.put(JPEG.APP14, List.of(ADOBE));
    FRAMES.forEach(marker -> wanted.put(marker, null));
    JpegHeader header = new JpegHeader();
    for (JPEGSegment segment : JPEGSegmentUtil.readSegments(file, wanted)) {
      header.take(segment.marker(), segment.segmentData().readAllBytes());
    }
    return header;
  }

  private void take(int marker, byte[] data) {
    if (marker == JPEG.APP1) {
      exif = Arrays.copyOfRange(data, Math.min(EXIF_BLOCK, data.length), data.length);
    } else if (marker == JPEG.APP14) {
      ycck = data.length > ADOBE_TRANSFORM && data[ADOBE_TRANSFORM] == 2;
    } else if (data.length > FRAME_COMPONENTS) {
      components = data[FRAME_COMPONENTS];
    }
  }

  /** 1 for gray, 3 for colour, 4 for cyan, magenta, yellow and black; 0 if there is no frame. */
  int components() {
    return components;
  }

  /** Whether four components are luma, two colour differences and black. */
  boolean ycck() {
    return ycck;
  }

  /** The Exif block, or nothing. */
  byte[] exif() {
    return exif;
  }
}
