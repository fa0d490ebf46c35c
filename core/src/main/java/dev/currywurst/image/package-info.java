/**
 * Pictures as 8-bit pixels, without tensors.
 *
 * <p>In come picture files of any origin, truncated and hostile ones included; out come {@link
 * dev.currywurst.image.Image}s (RGB) or {@link dev.currywurst.image.RgbaImage}s (with
 * transparency), resized as Pillow would, and PNG files that carry how they were made. Networks
 * take an image as {@link dev.currywurst.image.Image#planes()} and give one back through {@link
 * dev.currywurst.image.Image#ofPlanes}. Read {@code Image} first, then {@code ImageFile}.
 */
@NullMarked
package dev.currywurst.image;

import org.jspecify.annotations.NullMarked;
