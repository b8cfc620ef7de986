/** Words of the admin pages about messengers. */
export const en = {
} as const;
