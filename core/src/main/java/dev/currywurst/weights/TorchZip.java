package dev.currywurst.weights;

import dev.currywurst.weights.MappedRanges.Range;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The format of {@code torch.save} since PyTorch 1.6 ({@code _save} in torch/serialization.py): a
 * zip archive of stored entries, all in one folder: {@code data.pkl} describes the object, {@code
 * data/0}, {@code data/1} ... are the storages, {@code byteorder} says how numbers are written.
 */
final class TorchZip {
  private TorchZip() {}

  static TorchContent read(Path file, FileChannel channel) throws IOException {
    StoredZip zip = StoredZip.open(file, channel);
    String folder = folder(file, zip);
    checkByteOrder(file, channel, zip.locate(folder + "byteorder"));
    Range pickle = zip.locate(folder + "data.pkl");
    if (pickle.length() > TorchContent.LONGEST_PICKLE) {
      throw Refusal.of(
          file,
          "its data.pkl has %d bytes; %d are the most"
              .formatted(pickle.length(), TorchContent.LONGEST_PICKLE));
    }
    ByteBuffer bytes = channel.map(FileChannel.MapMode.READ_ONLY, pickle.offset(), pickle.length());
    PickleReader.Result object = PickleReader.read(new PickleInput(file, bytes));
    Map<String, Range> ranges = new HashMap<>();
    for (String key : object.storages().keySet()) {
      ranges.put(key, zip.locate(folder + "data/" + key));
    }
    return new TorchContent(object.value(), ranges);
  }

  /** The folder of all entries, with its slash; it is called like the file once was. */
  private static String folder(Path file, StoredZip zip) {
    String pickle = "data.pkl";
    List<String> folders =
        zip.names().stream()
            .filter(name -> name.equals(pickle) || name.endsWith("/" + pickle))
            .map(name -> name.substring(0, name.length() - pickle.length()))
            .toList();
    if (folders.size() != 1) {
      throw Refusal.of(
          file,
          "it is a zip archive with %d data.pkl, and a PyTorch checkpoint has one"
              .formatted(folders.size()));
    }
    if (zip.names().contains(folders.get(0) + "constants.pkl")) {
      throw Refusal.of(
          file,
          "it is a TorchScript program; load it in Python and save its state_dict as safetensors");
    }
    return folders.get(0);
  }

  /** Files older than the entry are little-endian. */
  private static void checkByteOrder(Path file, FileChannel channel, Range range)
      throws IOException {
    if (range.length() == 0) {
      return;
    }
    int length = (int) Math.min(range.length(), 8);
    byte[] text = FileBytes.read(file, channel, range.offset(), length).array();
    String order = new String(text, StandardCharsets.US_ASCII);
    if (!order.equals("little")) {
      throw Refusal.of(
          file,
          "its numbers are in the byte order "
              + Printable.quoted(order)
              + ", and only little is read; save it again on another machine");
    }
  }
}
