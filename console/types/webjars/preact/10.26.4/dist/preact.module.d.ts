export { Component, Fragment, h, render } from 'preact';
