/**
 * What a rehearsal does in a window: the work that tests of components have done, so that its code is compiled and the selectors
 * of its style sheets are parsed when the first real one comes. Nothing of it is ever part of the document, and every scene may
 * fail where a DOM lacks something.
 */

/** Every kind of element that has a style or a role of its own (HTML-AAM). */
const MARKUP = `
<header><h1 id="h" class="a b" title="t">x</h1><h2>x</h2><h3>x</h3><nav aria-label="n"><a href="/x?y#z">x</a><a>x</a></nav></header>
<main><section aria-label="s" class="a"><article><p>x <b>b</b> <i>i</i> <em>e</em> <strong>s</strong> <code>c</code> <small>s</small> <span hidden>y</span> <span aria-hidden="true">y</span></p></article>
<ul><li>x</li><li class="b">y</li></ul><ol><li>x</li></ol><dl><dt>x</dt><dd>y</dd></dl><blockquote>x</blockquote><pre>x</pre><hr><img alt="i"><img>
<table><caption>x</caption><thead><tr><th scope="col">x</th></tr></thead><tbody><tr><td>y</td></tr></tbody><tfoot><tr><td>z</td></tr></tfoot></table>
<form name="f"><fieldset><legend>x</legend><label for="i">l</label><input id="i" type="text" value="1" placeholder="p" required><input><input type="checkbox" checked><input type="radio" name="r"><input type="number" min="1">
<input type="password"><input type="email"><input type="search"><input type="range"><input type="submit"><select><optgroup label="g"><option value="1" selected>1</option><option>2</option></optgroup></select><select multiple><option>1</option></select>
<textarea>t</textarea><button type="button" disabled>b</button><button type="submit" style="color: blue; margin: 1px 2px; display: flex">c</button><progress value="1"></progress><meter></meter></fieldset></form>
<output>0</output><details open><summary>s</summary>d</details><dialog>d</dialog><figure><figcaption>f</figcaption></figure><time>t</time></section><aside role="alert" data-testid="t" aria-live="polite">x</aside></main>
<footer><address>x</address><svg viewBox="0 0 1 1"><g><path d="M0 0"/></g></svg></footer>`

/** What Testing Library asks of each element to find its role, and other common selectors. */
const SELECTORS = `
*|#h|.a|.a.b|main > section li:not([hidden])|li:first-child|li:nth-child(2n+1)|input:checked|:disabled|a[href^="/"]|[data-testid="t"]|svg path|h1, h2, h3|p ~ ul|label + input
article|header|blockquote|input[type="button"]|input[type="image"]|input[type="reset"]|input[type="submit"]|button|caption|td|input[type="checkbox"]|code|th|th[scope="col"]|th[scope="colgroup"]
input[list]:not([list=""])[type="email"]|input[list]:not([list=""])|select:not([multiple]):not([size])|aside|aside[aria-label]:not([aria-label=""])|footer|dd|del|dialog|html|em|figure|form[name]:not([name=""])
a|area|b|bdo|body|data|div|hgroup|i|pre|q|samp|section|small|span|u|details|fieldset|optgroup|address|h1|h2|h3|h4|h5|h6|img[alt]:not([alt=""])|img:not([alt])|ins|a[href]|area[href]|menu|ol|ul|select[size]
select[multiple]|datalist|li|main|mark|math|meter|nav|option|p|progress|input[type="radio"]|section[aria-label]:not([aria-label=""])|tr|tbody|tfoot|thead|th[scope="row"]|input:not([list])[type="search"]|hr
input[type="range"]|input[type="number"]|output|strong|sub|sup|table|dfn|dt|input:not([type]):not([list])|input:not([list])|textarea|time|[role]|*[role~="button"]|script, style`

const { raw } = String

/** Source of a function body that uses the globals of a window. */
export const documentScenes = raw`
const root = document.createElement("div");
const heard = [];
const selectors = ${JSON.stringify(SELECTORS.trim().split(/[|\n]/))};
const scenes = [
  () => {
    root.innerHTML = ${JSON.stringify(MARKUP.replaceAll('\n', ''))};
  },
  () => {
    const observer = new MutationObserver((records) => heard.push(...records));
    observer.observe(root, { childList: true, subtree: true, attributes: true, characterData: true });
    const element = document.createElement("div");
    element.setAttribute("data-x", "1");
    element.dataset.y = "2";
    element.className = "c";
    element.classList.add("d");
    element.classList.toggle("e");
    element.id = "e";
    element.style.color = "red";
    element.style.setProperty("width", "10px");
    element.style.cssText = "margin: 1px; background-color: rgb(1, 2, 3)";
    element.textContent = "text";
    element.append(document.createTextNode("more"), document.createComment("comment"));
    root.appendChild(element);
    root.insertBefore(document.createElementNS("http://www.w3.org/2000/svg", "svg"), element);
    const fragment = document.createDocumentFragment();
    fragment.append(document.createElement("p"), document.createElement("p"));
    root.append(fragment);
    element.firstChild.data = "changed";
    element.insertAdjacentHTML("beforeend", "<b>x</b>");
    element.replaceWith(document.createElement("span"));
    root.removeChild(root.lastChild);
    root.firstElementChild.removeAttribute("class");
    observer.takeRecords();
    observer.disconnect();
  },
  () => {
    const hear = (event) => heard.push(event.target, event.composedPath(), event.defaultPrevented);
    const types = ["click", "keydown", "input", "change", "focusin", "mouseover", "pointerdown"];
    for (const type of types) {
      root.addEventListener(type, hear, true);
      root.addEventListener(type, (event) => { event.preventDefault(); event.stopPropagation(); });
    }
    const [input, button, box] = ["input", "button[type=submit]", "[type=checkbox]"].map((each) => root.querySelector(each));
    button.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, button: 0 }));
    box.click();
    input.focus();
    input.value = "2";
    input.dispatchEvent(new KeyboardEvent("keydown", { key: "a", bubbles: true }));
    input.dispatchEvent(new InputEvent("input", { bubbles: true, data: "a" }));
    input.dispatchEvent(new Event("change", { bubbles: true }));
    input.dispatchEvent(new FocusEvent("focusin", { bubbles: true }));
    input.setSelectionRange(0, 1);
    input.blur();
    root.querySelector("select").value = "2";
    root.dispatchEvent(new CustomEvent("mouseover", { bubbles: true, detail: 1 }));
    for (const type of types) root.removeEventListener(type, hear, true);
  },
  () => {
    const some = root.querySelectorAll("li, button, input");
    for (const selector of selectors) some[0].matches(selector);
    for (const selector of selectors.slice(0, 16)) {
      root.querySelectorAll(selector).forEach((each) => each.closest(selector));
      root.querySelector(selector);
      some.forEach((each) => each.matches(selector));
    }
  },
  () => {
    const all = root.querySelectorAll("h1, p, a, span, ul, li, tr, td, form, label, input, select, option, textarea, button, section, output");
    for (const element of new Map(Array.from(all, (each) => [each.localName, each])).values()) {
      const style = getComputedStyle(element);
      heard.push(style.display, style.visibility, style.getPropertyValue("content"), style.getPropertyValue("display"));
    }
  },
  () => {
    for (const element of root.querySelectorAll("*")) {
      heard.push(element.tagName, element.localName, element.nodeType, element.parentElement, element.ownerDocument.defaultView);
      heard.push(element.getAttribute("role"), element.hasAttribute("hidden"), element.attributes.length, element.textContent);
      heard.push(element.children.length, element.childNodes.length, element.nextSibling, element.previousElementSibling);
      heard.push(element.getBoundingClientRect(), element.offsetParent, element.isConnected, element.labels, element.id);
      heard.push(Array.from(element.childNodes, (child) => child.nodeType === 3 && child.data));
    }
  },
  () => {
    heard.push(root.outerHTML, root.innerHTML, root.cloneNode(true), root.contains(root.lastChild));
    heard.push(root.compareDocumentPosition(root.firstChild), root.getElementsByTagName("li").length);
    heard.push(root.getElementsByClassName("a").length, document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT).nextNode());
    heard.push(document.getElementById("h"), document.body.matches("body"), document.querySelector("#h"), document.activeElement);
    heard.push(new DOMParser().parseFromString("<p>x</p>", "text/html").body.firstChild, new URL("/x", location.href).href);
  },
];
for (const scene of scenes) {
  try {
    scene();
  } catch {}
}
root.replaceChildren();
`
