/**
 * Event files as TensorBoard reads them: figures, pictures and texts by step, in a folder for
 * {@code tensorboard --logdir}.
 *
 * <p>In come names, steps and values; out comes a file of TFRecord frames with {@code Event}
 * messages of TensorFlow's {@code event.proto} and {@code summary.proto}. Read {@link
 * dev.currywurst.train.events.EventFile} first.
 */
@NullMarked
package dev.currywurst.train.events;

import org.jspecify.annotations.NullMarked;
