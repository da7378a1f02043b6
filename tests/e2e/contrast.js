// Measures, on a picture of the page, the contrast of each of its texts with what is behind it.
// Arguments: the picture (PNG, base64), pixels per CSS pixel, the least contrast. Answer: what is below.
const [picture, scale, least, done] = arguments;
const image = new Image();
image.onerror = () => done(["the picture cannot be read"]);
image.onload = () => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.width, image.height];
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0);

  const part = (value) => (value /= 255, value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const luminance = (colour) => 0.2126 * part(colour >> 16) + 0.7152 * part((colour >> 8) & 255) + 0.0722 * part(colour & 255);
  const contrast = (one, other) => {
    const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };
  // The ground is the most frequent colour of a box; the ink, of the colours that are there for good,
  // not as the edge of a letter, the one that stands out most.
  const seen = ({ left, top, right, bottom }) => {
    const [x, y] = [Math.ceil(left * scale), Math.ceil(top * scale)];
    const [width, height] = [Math.floor(right * scale) - x, Math.floor(bottom * scale) - y];
    if (width < 3 || height < 3 || x < 0 || y < 0 || x + width > canvas.width || y + height > canvas.height) return null;
    const pixels = context.getImageData(x, y, width, height).data;
    const counts = new Map();
    for (let at = 0; at < pixels.length; at += 4) {
      const colour = (pixels[at] << 16) | (pixels[at + 1] << 8) | pixels[at + 2];
      counts.set(colour, (counts.get(colour) ?? 0) + 1);
    }
    const ground = [...counts].reduce((most, one) => (one[1] > most[1] ? one : most))[0];
    const there = [...counts].filter(([, count]) => count >= Math.max(3, (width * height) / 500));
    return Math.max(1, ...there.map(([colour]) => contrast(ground, colour)));
  };

  // What a scrolling box hides is not in the picture.
  const within = (box, element) => {
    const frame = element.closest(".scroll")?.getBoundingClientRect();
    if (!frame) return box;
    return { left: Math.max(box.left, frame.left), top: Math.max(box.top, frame.top), right: Math.min(box.right, frame.right), bottom: Math.min(box.bottom, frame.bottom) };
  };
  const onPage = ({ left, top, right, bottom }) => ({ left: left + scrollX, top: top + scrollY, right: right + scrollX, bottom: bottom + scrollY });
  const faults = [];
  let measured = 0;
  const look = (words, box, element) => {
    const found = seen(onPage(within(box, element)));
    if (found === null) return;
    measured += 1;
    if (found < least) faults.push(`${found.toFixed(2)} « ${words.trim().slice(0, 40)} » (${element.tagName.toLowerCase()}.${element.className})`);
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const [text, element] = [texts.currentNode, texts.currentNode.parentElement];
    const isRead = /[\p{L}\p{N}]/u.test(text.data) && element.checkVisibility({ visibilityProperty: true });
    if (!isRead || element.closest(".hidden, .skip, option, textarea, noscript, :disabled")) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    for (const box of range.getClientRects()) look(text.data, box, element);
  }
  for (const field of document.querySelectorAll("input:not([type=hidden], [type=checkbox], [type=radio], [type=file]), select, textarea")) {
    const words = field.value || field.placeholder || "";
    const { left, top, right, bottom } = field.getBoundingClientRect();
    // Inside its border.
    if (words) look(words, { left: left + 4, top: top + 4, right: right - 4, bottom: bottom - 4 }, field);
  }
  done(measured > 0 ? faults : ["no text was measured"]);
};
image.src = `data:image/png;base64,${picture}`;
