/** The design system: tokens in `tokens.css`, and each component once. */
export { Avatar, Badge, EmptyState, initials, type Tone } from "./bits";
export { Button, IconButton, type ButtonProps } from "./button";
export { Dialog } from "./dialog";
export { CheckBox, Field, Select, TextArea, type Choice } from "./field";
export { Icon, type IconNode } from "./icon";
export { Menu, type MenuItem } from "./menu";
export { Ring } from "./ring";
export { Spinner } from "./spinner";
export { Tabs, type Tab } from "./tabs";
export { format, paramsOf, type Catalogue, type Locale, type Params } from "./texts";
export { clockText, dayText, durationText, exactText, relativeText, sameDay, timeText } from "./time";
export { say, Toasts } from "./toast";
export { VirtualList } from "./virtual-list";
