/** The launcher's style, inside its shadow: nothing leaks in or out, and the page's layout does not move. */
export const STYLE = `
:host{all:initial;position:fixed;z-index:2147483000;bottom:0;right:0;width:0;height:0;color-scheme:light dark}
*{box-sizing:border-box}
.b{position:fixed;bottom:calc(20px + env(safe-area-inset-bottom));right:calc(20px + env(safe-area-inset-right));
width:60px;height:60px;margin:0;padding:0;border:0;border-radius:50%;background:var(--c);color:var(--s);cursor:pointer;
display:grid;place-items:center;box-shadow:0 2px 6px rgb(0 0 0/.16),0 8px 24px rgb(0 0 0/.2);
transition:transform .15s cubic-bezier(.2,0,0,1),box-shadow .15s;-webkit-tap-highlight-color:transparent}
.b:hover{transform:scale(1.05);box-shadow:0 2px 6px rgb(0 0 0/.16),0 12px 32px rgb(0 0 0/.26)}
.b:focus-visible{outline:3px solid var(--c);outline-offset:3px}
.b svg{width:28px;height:28px;grid-area:1/1;transition:opacity .15s,transform .15s}
.b .x,.open .b .o{opacity:0;transform:scale(.6)}
.open .b .x{opacity:1;transform:none}
.n{position:absolute;top:-2px;right:-2px;min-width:22px;height:22px;padding:0 6px;border-radius:11px;
background:#d6204a;color:#fff;font:600 13px/22px system-ui,sans-serif;text-align:center;box-shadow:0 0 0 2px #fff}
.n:empty{display:none}
.p{position:fixed;bottom:calc(96px + env(safe-area-inset-bottom));right:calc(20px + env(safe-area-inset-right));
width:400px;max-width:calc(100vw - 40px);height:min(680px,calc(100vh - 116px));height:min(680px,calc(100dvh - 116px));
border-radius:16px;overflow:hidden;background:Canvas;box-shadow:0 0 0 1px rgb(0 0 0/.06),0 12px 48px rgb(0 0 0/.24);
visibility:hidden;opacity:0;transform:translateY(12px);transform-origin:bottom;transition:opacity .15s,transform .15s cubic-bezier(.2,0,0,1),visibility 0s .15s}
.open .p{visibility:visible;opacity:1;transform:none;transition-delay:0s}
.p iframe{display:block;width:100%;height:100%;border:0;background:Canvas;color-scheme:auto}
.left .b,.left .p{right:auto;left:calc(20px + env(safe-area-inset-left))}
.sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
@media (max-width:480px),(max-height:480px){
.p,.left .p{inset:0;width:auto;max-width:none;height:auto;border-radius:0;box-shadow:none}
.open.ready .b{visibility:hidden}}
@media (prefers-reduced-motion:reduce){*{transition:none!important}}
@media print{:host{display:none}}
`;
